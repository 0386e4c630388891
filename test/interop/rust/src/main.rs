//! The AWS SDK for Rust: does what sdk_test.py asks for on standard input and prints what came of it.
use std::env::var;
use std::io::BufRead;

use aws_sdk_mwaaserverless::config::retry::RetryConfig;
use aws_sdk_mwaaserverless::config::{Credentials, Region};
use aws_sdk_mwaaserverless::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_mwaaserverless::operation::RequestId;
use aws_sdk_mwaaserverless::types::error::{
    ResourceNotFoundException, ThrottlingException, ValidationException,
};
use aws_sdk_mwaaserverless::{Client, Config};

fn client(secret: &str, attempts: u32) -> Client {
    Client::from_conf(
        Config::builder()
            .endpoint_url(var("AWS_ENDPOINT_URL_MWAA_SERVERLESS").unwrap())
            .region(Region::new(var("AWS_REGION").unwrap()))
            .credentials_provider(Credentials::new(
                var("AWS_ACCESS_KEY_ID").unwrap(),
                secret,
                None,
                None,
                "sdk_test",
            ))
            .retry_config(RetryConfig::standard().with_max_attempts(attempts))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build(),
    )
}

fn number(value: Option<i32>) -> String {
    value.map_or(String::new(), |n| n.to_string())
}

async fn list(client: &Client, arn: &str, run: &str, size: i32) -> bool {
    let mut pages = client
        .list_task_instances()
        .workflow_arn(arn)
        .run_id(run)
        .max_results(size)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        match page {
            Err(error) => {
                tell(&error);
                return false;
            }
            Ok(page) => {
                println!("page\t{}", page.task_instances().len());
                for task in page.task_instances() {
                    println!(
                        "task\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
                        task.task_instance_id().unwrap_or(""),
                        task.status().map_or("", |s| s.as_str()),
                        task.operator_name().unwrap_or(""),
                        number(task.duration_in_seconds()),
                        task.workflow_version().unwrap_or(""),
                        task.run_id().unwrap_or(""),
                        task.workflow_arn().unwrap_or(""),
                    );
                }
            }
        }
    }
    true
}

fn tell<E>(error: &SdkError<E>)
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    let Some(service) = error.as_service_error() else {
        println!("failed\t{error:?}");
        return;
    };
    println!(
        "error\t{}\t{}\t{}",
        service.code().unwrap_or(""),
        error.raw_response().map_or(0, |r| r.status().as_u16()),
        error.meta().request_id().unwrap_or(""),
    );
    // The operation's error holds the modelled one as its source.
    let source = std::error::Error::source(service);
    if let Some(e) = source.and_then(|s| s.downcast_ref::<ThrottlingException>()) {
        println!("member\tRetryAfterSeconds\t{}", number(e.retry_after_seconds()));
        println!("member\tServiceCode\t{}", e.service_code());
        println!("member\tQuotaCode\t{}", e.quota_code());
    } else if let Some(e) = source.and_then(|s| s.downcast_ref::<ValidationException>()) {
        println!("member\tReason\t{}", e.reason().as_str());
        for field in e.field_list() {
            println!("member\tField\t{}", field.name());
        }
    } else if let Some(e) = source.and_then(|s| s.downcast_ref::<ResourceNotFoundException>()) {
        println!("member\tResourceId\t{}", e.resource_id());
        println!("member\tResourceType\t{}", e.resource_type());
    }
}

fn main() {
    let arn = var("WORKFLOW_ARN").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let word: Vec<&str> = line.split_whitespace().collect(); // OPERATION SECRET ATTEMPTS RUN PAGE_SIZE
        let client = client(word[1], word[2].parse().unwrap());
        runtime.block_on(async {
            if word[0] == "list" {
                list(&client, &arn, word[3], word[4].parse().unwrap()).await;
            } else if let Err(error) = client
                .get_workflow_run()
                .workflow_arn(&arn)
                .run_id(word[3])
                .send()
                .await
            {
                tell(&error);
            }
        });
        println!("done");
    }
}
