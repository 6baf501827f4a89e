//! `konecta-audit rollup`: a run over many accounts in one document.

use std::io::{self, Write};

use konecta_aws::s3::{S3Place, Store};
use konecta_aws::{Base, RegionChoice, SessionOptions};
use konecta_core::control::catalogue::Catalogue;
use konecta_core::report::rollup::About;

use crate::cli::organization::{Rollup, RollupFormat, RunPlace};
use crate::error::{Error, Exit};
use crate::rolling::{self, Rolled};
use crate::ui;

pub(super) fn run(args: &Rollup) -> Result<Exit, Error> {
    let mut rolled = match &args.place {
        RunPlace::Folder(folder) => rolling::of_folder(folder)?,
        RunPlace::Bucket(place) => in_bucket(args, place)?,
    };
    // Of the built-in controls; statuses may also name a user's own.
    let rules = Catalogue::built_in()?.rules();
    let run = match &args.place {
        RunPlace::Folder(_) => None,
        RunPlace::Bucket(place) => place.prefix.rsplit('/').next().filter(|name| !name.is_empty()),
    };
    let narrowed = rolled.narrowed.clone();
    let about = About { tool_version: env!("CARGO_PKG_VERSION"), run, narrowed: &narrowed, rules: &rules };
    let mut write = |out: &mut dyn Write| told(&mut rolled, &about, args.format, out);
    match &args.output {
        Some(file) => ui::write_by(file, &mut write)?,
        None => ui::print_by(&mut write)?,
    }
    Ok(if args.exit_zero { Exit::Clean } else { rolled.exit(args.fail_on) })
}

fn told(rolled: &mut Rolled, about: &About<'_>, format: RollupFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        RollupFormat::Table => rolled.text(about, out, ui::screen().width),
        RollupFormat::Json => rolled.json(about, out),
    }
}

fn in_bucket(args: &Rollup, place: &S3Place) -> Result<Rolled, Error> {
    let region = args.region.as_deref().map(str::parse).transpose();
    let region = region.map_err(|error: konecta_core::id::IdError| Error::Region(error.to_string()))?;
    let options = SessionOptions {
        profile: args.profile.clone(),
        regions: region.map_or(RegionChoice::Configured, |region| RegionChoice::Named(vec![region])),
        endpoint_url: args.endpoint_url.clone(),
        ..SessionOptions::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::Runtime)?;
    runtime.block_on(async {
        let rolling = async {
            let base = Base::open(&options).await?;
            let store = Store::new(base.sdk(), place.clone(), None);
            Ok(rolling::of_store(&store, "").await?)
        };
        tokio::select! {
            rolled = rolling => rolled,
            _ = tokio::signal::ctrl_c() => Err(Error::Interrupted),
        }
    })
}
