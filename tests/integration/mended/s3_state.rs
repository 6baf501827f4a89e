//! `--state s3://…`: one run at a time on an account, whatever machine it runs on.

use super::Bench;
use super::content::Difference;
use crate::world::World;

const PLACE: &str = "s3://konecta-state/audit";

#[test]
fn a_lock_in_s3_keeps_two_runs_apart() {
    let bench = Bench::over(World::with(&["--world", "good", "--labels", "rds-deletable"]));
    let fix = ["fix", "--yes", "--state", PLACE];
    // Without the bucket there is no lock, and without the lock no change.
    let before = bench.content("before.snap");
    let ended = bench.run(&fix);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    bench.world.somebody_else("import boto3; s=boto3.client('s3'); s.create_bucket(Bucket='konecta-state')");

    let held = "import boto3; s=boto3.client('s3'); s.put_object(Bucket='konecta-state', Key='audit/123456789012/lock', Body=b'{\"holder\": \"run 7 of somebody\", \"since\": \"2026-11-23T20:00:00Z\", \"mark\": \"1\"}')";
    bench.world.somebody_else(held);
    let ended = bench.run(&fix);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("run 7 of somebody") && ended.err.contains("2026-11-23T20:00:00Z"), "{}", ended.err);
    assert!(ended.err.contains("aws s3 rm s3://konecta-state/audit/123456789012/lock"), "{}", ended.err);
    assert_eq!(before.difference(&bench.content("after.snap")), Difference::default());
    bench.world.somebody_else(
        "import boto3; s=boto3.client('s3'); assert b'run 7' in s.get_object(Bucket='konecta-state', Key='audit/123456789012/lock')['Body'].read(); s.delete_object(Bucket='konecta-state', Key='audit/123456789012/lock')",
    );

    let ended = bench.run(&fix);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let empty = "import boto3; s=boto3.client('s3'); assert s.list_objects_v2(Bucket='konecta-state')['KeyCount'] == 0";
    bench.world.somebody_else(empty);
    let back = bench.run(&["rollback", &bench.last_run(), "--yes", "--state", PLACE]);
    assert_eq!(back.code, Some(0), "{back:?}");
    bench.world.somebody_else(empty);
    assert_eq!(before.difference(&bench.content("restored.snap")), Difference::default());
}
