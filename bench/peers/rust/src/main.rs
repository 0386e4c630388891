//! The AWS SDK for Rust as a poller: many tasks on one thread call ListTaskInstances back to back.
use std::collections::HashMap;
use std::error::Error;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use aws_sdk_mwaaserverless::config::{Credentials, Region};
use aws_sdk_mwaaserverless::error::DisplayErrorContext;
use aws_sdk_mwaaserverless::{Client, Config};
use aws_smithy_http_client::tls::{rustls_provider::CryptoMode, Provider, TlsContext, TrustStore};
use aws_smithy_http_client::Builder;

const WORKFLOW_ARN: &str =
    "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef";

#[derive(Default)]
struct Tally {
    left: AtomicI64,
    errors: AtomicU64,
    items: AtomicU64,
    first_error: OnceLock<String>,
}

impl Tally {
    fn failed(&self, why: String) {
        self.errors.fetch_add(1, Relaxed);
        let _ = self.first_error.set(why);
    }
}

async fn poller(client: Client, expected: usize, tally: Arc<Tally>) {
    while tally.left.fetch_sub(1, Relaxed) > 0 {
        let page = client
            .list_task_instances()
            .workflow_arn(WORKFLOW_ARN)
            .run_id("run-finished")
            .max_results(100)
            .send()
            .await;
        match page {
            Err(e) => tally.failed(DisplayErrorContext(e).to_string()),
            Ok(page) => {
                let tasks = page.task_instances();
                tally.items.fetch_add(tasks.len() as u64, Relaxed);
                let decoded = tasks.last().map_or(true, |t| {
                    t.task_instance_id().is_some_and(|id| !id.is_empty()) && t.status().is_some()
                });
                if tasks.len() != expected || !decoded {
                    tally.failed(format!("a page of {} items, not {expected}", tasks.len()));
                }
            }
        }
    }
}

async fn run(client: &Client, concurrency: usize, requests: i64, expected: usize) -> Arc<Tally> {
    let tally = Arc::new(Tally::default());
    tally.left.store(requests, Relaxed);
    let pollers: Vec<_> = (0..concurrency)
        .map(|_| tokio::spawn(poller(client.clone(), expected, tally.clone())))
        .collect();
    for each in pollers {
        each.await.unwrap();
    }
    tally
}

/// User and system time of the process.
fn cpu_us() -> i64 {
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    let of = |t: libc::timeval| t.tv_sec * 1_000_000 + t.tv_usec;
    of(usage.ru_utime) + of(usage.ru_stime)
}

fn max_rss_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn version(package: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let wanted = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|l| *l != wanted).skip(1);
    lines.next().unwrap().split('"').nth(1).unwrap()
}

fn client(arguments: &HashMap<String, String>) -> Result<Client, Box<dyn Error>> {
    let mut http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    if let Some(file) = arguments.get("--ca-bundle") {
        let trusted = TrustStore::empty().with_pem_certificate(std::fs::read(file)?);
        http = http.tls_context(TlsContext::builder().with_trust_store(trusted).build()?);
    }
    Ok(Client::from_conf(
        Config::builder()
            .endpoint_url(&arguments["--endpoint-url"])
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("AKIDEMULATOR", "emulator-secret-key", None, None, "poll"))
            .http_client(http.build_https())
            .build(),
    ))
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let arguments: HashMap<String, String> =
        words.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
    let number = |name: &str| arguments[name].parse::<i64>();
    let (concurrency, requests) = (number("--concurrency")? as usize, number("--requests")?);
    let expected = number("--items")? as usize;
    let client = client(&arguments)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(&client, concurrency, number("--warm-up")?, expected));

    let (cpu_before, started) = (cpu_us(), Instant::now());
    let tally = runtime.block_on(run(&client, concurrency, requests, expected));
    let (cpu, seconds) = (cpu_us() - cpu_before, started.elapsed().as_secs_f64());

    if let Some(why) = tally.first_error.get() {
        eprintln!("first error: {why}");
    }
    println!(
        "{{\"requests\":{requests},\"errors\":{},\"items\":{},\"seconds\":{seconds},\"cpu_us_per_request\":{},\
         \"max_rss_kib\":{},\"sdk\":\"aws-sdk-mwaaserverless {}\",\"runtime\":\"{}\",\
         \"http\":\"hyper {}, rustls {} with aws-lc-rs {}\",\"retry_mode\":\"standard\"}}",
        tally.errors.load(Relaxed),
        tally.items.load(Relaxed),
        cpu as f64 / requests as f64,
        max_rss_kib(),
        version("aws-sdk-mwaaserverless"),
        option_env!("RUSTC_VERSION").unwrap_or("rustc"),
        version("hyper"),
        version("rustls"),
        version("aws-lc-rs"),
    );
    Ok(())
}
