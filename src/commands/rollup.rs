//! `konecta-audit rollup`: a run over many accounts in one document.

use std::io::{self, Write};

use konecta_aws::s3::{S3Place, Store};
use konecta_aws::{Base, RegionChoice, SessionOptions};
use konecta_core::report::rollup::RollupAbout;
use konecta_core::waivers;
use konecta_rego::catalogue::Catalogue;

use crate::cli::organization::{Rollup, RollupFormat, RunPlace};
use crate::error::{Error, Exit};
use crate::rollup_io::{self, Rolled};
use crate::ui;

pub(super) fn run(args: &Rollup) -> Result<Exit, Error> {
    let mut rolled = match &args.place {
        RunPlace::Folder(folder) => rollup_io::of_folder(folder)?,
        RunPlace::Bucket(place) => in_bucket(args, place)?,
    };
    // Of the built-in controls; statuses may also name a user's own.
    let rules = [Catalogue::built_in()?.rules(), waivers::rules()].concat();
    let run = match &args.place {
        RunPlace::Folder(_) => None,
        RunPlace::Bucket(place) => place.prefix.rsplit('/').next().filter(|name| !name.is_empty()),
    };
    let narrowed = rolled.narrowed.clone();
    let about = RollupAbout { tool_version: env!("CARGO_PKG_VERSION"), run, narrowed: &narrowed, rules: &rules };
    let mut write = |out: &mut dyn Write| write_rollup(&mut rolled, &about, args, out);
    match &args.output {
        Some(file) => ui::write_by(file, &mut write)?,
        None => ui::print_by(&mut write)?,
    }
    Ok(if args.exit_zero { Exit::Clean } else { rolled.exit(args.fail_on) })
}

fn write_rollup(rolled: &mut Rolled, about: &RollupAbout<'_>, args: &Rollup, out: &mut dyn Write) -> io::Result<()> {
    // Whether an object of S3 can be opened by whoever reads the page, nobody knows.
    let page = |key: &str| match &args.place {
        RunPlace::Folder(folder) => rollup_io::page_beside(folder, key),
        RunPlace::Bucket(_) => None,
    };
    match args.format {
        RollupFormat::Table => rolled.text(about, out, ui::screen().width),
        RollupFormat::Json => rolled.json(about, out),
        RollupFormat::Html => rolled.html(about, &page, out),
    }
}

fn in_bucket(args: &Rollup, place: &S3Place) -> Result<Rolled, Error> {
    let region = args.region.as_deref().map(str::parse).transpose();
    let region = region.map_err(|error: konecta_base::id::IdError| Error::Region(error.to_string()))?;
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
            Ok(rollup_io::of_store(&store, "").await?)
        };
        tokio::select! {
            rolled = rolling => rolled,
            _ = tokio::signal::ctrl_c() => Err(Error::Interrupted),
        }
    })
}
