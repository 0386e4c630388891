//! The AWS SDK for Rust: does what sdk_test.py asks for on standard input and prints what came of it.
use std::collections::HashMap;
use std::env::var;
use std::fmt::Display;
use std::io::BufRead;

use aws_sdk_mwaaserverless::config::retry::RetryConfig;
use aws_sdk_mwaaserverless::config::{Credentials, Region};
use aws_sdk_mwaaserverless::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_mwaaserverless::operation::RequestId;
use aws_sdk_mwaaserverless::types::error::{
    ConflictException, ResourceNotFoundException, ThrottlingException, ValidationException,
};
use aws_sdk_mwaaserverless::types::{Code, DefinitionS3Location, S3Location};
use aws_sdk_mwaaserverless::{Client, Config};
use aws_smithy_types::{Document, Number};

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

fn or_empty<T: ToString>(value: Option<T>) -> String {
    value.map_or(String::new(), |v| v.to_string())
}

fn member(name: &str, value: impl Display) {
    println!("member\t{name}\t{value}");
}

fn definition(key: &str) -> DefinitionS3Location {
    DefinitionS3Location::builder()
        .bucket("bucket")
        .object_key(key)
        .build()
        .unwrap()
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{name}")
}

/// Of what the tests send: numbers, nulls, lists and maps.
fn json(value: &Document) -> String {
    match value {
        Document::Null => "null".to_string(),
        Document::Number(Number::PosInt(n)) => n.to_string(),
        Document::Array(items) => {
            let shown: Vec<String> = items.iter().map(json).collect();
            format!("[{}]", shown.join(","))
        }
        Document::Object(members) => {
            let shown: Vec<String> = members
                .iter()
                .map(|(key, value)| format!("\"{key}\":{}", json(value)))
                .collect();
            format!("{{{}}}", shown.join(","))
        }
        other => format!("{other:?}"),
    }
}

/// The lines that say what an error is.
struct Told(Vec<String>);

impl<E> From<SdkError<E>> for Told
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    fn from(error: SdkError<E>) -> Self {
        let Some(service) = error.as_service_error() else {
            return Told(vec![format!("failed\t{error:?}")]);
        };
        let mut lines = vec![format!(
            "error\t{}\t{}\t{}",
            service.code().unwrap_or(""),
            error.raw_response().map_or(0, |r| r.status().as_u16()),
            error.meta().request_id().unwrap_or(""),
        )];
        let mut member = |name: &str, value: &str| lines.push(format!("member\t{name}\t{value}"));
        // The operation's error holds the modelled one as its source.
        let source = std::error::Error::source(service);
        if let Some(e) = source.and_then(|s| s.downcast_ref::<ThrottlingException>()) {
            member("RetryAfterSeconds", &or_empty(e.retry_after_seconds()));
            member("ServiceCode", e.service_code());
            member("QuotaCode", e.quota_code());
        } else if let Some(e) = source.and_then(|s| s.downcast_ref::<ValidationException>()) {
            member("Reason", e.reason().as_str());
            for field in e.field_list() {
                member("Field", field.name());
            }
        } else if let Some(e) = source.and_then(|s| s.downcast_ref::<ResourceNotFoundException>()) {
            member("ResourceId", e.resource_id());
            member("ResourceType", e.resource_type());
        } else if let Some(e) = source.and_then(|s| s.downcast_ref::<ConflictException>()) {
            member("ResourceId", e.resource_id());
            member("ResourceType", e.resource_type());
        }
        Told(lines)
    }
}

/// Does an operation for the words after OPERATION SECRET ATTEMPTS.
async fn perform(client: &Client, operation: &str, word: &[&str]) -> Result<(), Told> {
    match operation {
        "create" => {
            let code = S3Location::builder()
                .bucket("code")
                .object_key("c")
                .build()
                .unwrap();
            let out = client
                .create_workflow()
                .name(word[0])
                .set_client_token((word[1] != "-").then(|| word[1].to_string()))
                .definition_s3_location(definition("first.yaml"))
                .code(Code::S3Location(code))
                .role_arn(role("r"))
                .description("Größe \"A\"")
                .tags("team", "a")
                .send()
                .await?;
            member("WorkflowArn", out.workflow_arn());
            member("WorkflowVersion", or_empty(out.workflow_version()));
            member("WorkflowStatus", or_empty(out.workflow_status()));
            member("IsLatestVersion", or_empty(out.is_latest_version()));
            member("CreatedAt", or_empty(out.created_at().map(|t| t.secs())));
        }
        "update" => {
            let out = client
                .update_workflow()
                .workflow_arn(word[0])
                .definition_s3_location(definition("second.yaml"))
                .role_arn(role("s"))
                .send()
                .await?;
            member("WorkflowVersion", or_empty(out.workflow_version()));
        }
        "get-workflow" => {
            let out = client
                .get_workflow()
                .workflow_arn(word[0])
                .workflow_version(word[1])
                .send()
                .await?;
            member("Name", or_empty(out.name()));
            member("Description", or_empty(out.description()));
            member("WorkflowStatus", or_empty(out.workflow_status()));
            member(
                "ObjectKey",
                or_empty(out.definition_s3_location().map(|l| l.object_key())),
            );
            member("RoleArn", or_empty(out.role_arn()));
            if let Some(Code::S3Location(code)) = out.code() {
                member("CodeBucket", code.bucket());
            }
        }
        "delete" => {
            let out = client
                .delete_workflow()
                .workflow_arn(word[0])
                .send()
                .await?;
            member("WorkflowArn", out.workflow_arn());
        }
        "workflows" => {
            let mut pages = client
                .list_workflows()
                .max_results(word[0].parse().unwrap())
                .into_paginator()
                .send();
            while let Some(page) = pages.next().await {
                let page = page?;
                println!("page\t{}", page.workflows().len());
                for each in page.workflows() {
                    println!(
                        "item\t{}\t{}",
                        or_empty(each.name()),
                        or_empty(each.workflow_status())
                    );
                }
            }
        }
        "versions" => {
            let mut pages = client
                .list_workflow_versions()
                .workflow_arn(word[0])
                .max_results(word[1].parse().unwrap())
                .into_paginator()
                .send();
            while let Some(page) = pages.next().await {
                let page = page?;
                println!("page\t{}", page.workflow_versions().len());
                for each in page.workflow_versions() {
                    println!(
                        "item\t{}\t{}",
                        each.workflow_version(),
                        or_empty(each.is_latest_version())
                    );
                }
            }
        }
        "tag" => {
            client
                .tag_resource()
                .resource_arn(word[0])
                .tags(word[1], word[2])
                .send()
                .await?;
        }
        "untag" => {
            client
                .untag_resource()
                .resource_arn(word[0])
                .tag_keys(word[1])
                .send()
                .await?;
        }
        "tags" => {
            let out = client
                .list_tags_for_resource()
                .resource_arn(word[0])
                .send()
                .await?;
            for (key, value) in out.tags().into_iter().flatten() {
                println!("item\t{key}\t{value}");
            }
        }
        "start" => {
            let inner = Document::Object(HashMap::from([("x".to_string(), Document::Null)]));
            let day = Document::Array(vec![Document::Number(Number::PosInt(1)), inner]);
            let out = client
                .start_workflow_run()
                .workflow_arn(word[0])
                .override_parameters("day", day)
                .send()
                .await?;
            member("RunId", or_empty(out.run_id()));
            member("Status", or_empty(out.status()));
        }
        "stop" => {
            let out = client
                .stop_workflow_run()
                .workflow_arn(word[0])
                .run_id(word[1])
                .send()
                .await?;
            member("Status", or_empty(out.status()));
        }
        "get-run" => {
            let out = client
                .get_workflow_run()
                .workflow_arn(word[0])
                .run_id(word[1])
                .send()
                .await?;
            let detail = out.run_detail().unwrap();
            member("RunState", or_empty(detail.run_state()));
            member("TaskInstances", detail.task_instances().join(","));
            if let Some(day) = out.override_parameters().and_then(|all| all.get("day")) {
                member("day", json(day));
            }
        }
        "runs" => {
            let mut pages = client
                .list_workflow_runs()
                .workflow_arn(word[0])
                .max_results(word[1].parse().unwrap())
                .into_paginator()
                .send();
            while let Some(page) = pages.next().await {
                let page = page?;
                println!("page\t{}", page.workflow_runs().len());
                for each in page.workflow_runs() {
                    let status = each.run_detail_summary().and_then(|s| s.status());
                    println!("item\t{}\t{}", or_empty(each.run_id()), or_empty(status));
                }
            }
        }
        "get-task" => {
            let out = client
                .get_task_instance()
                .workflow_arn(word[0])
                .run_id(word[1])
                .task_instance_id(word[2])
                .send()
                .await?;
            member("Status", or_empty(out.status()));
            member("DurationInSeconds", or_empty(out.duration_in_seconds()));
        }
        "list" => {
            let mut pages = client
                .list_task_instances()
                .workflow_arn(word[0])
                .run_id(word[1])
                .max_results(word[2].parse().unwrap())
                .into_paginator()
                .send();
            while let Some(page) = pages.next().await {
                let page = page?;
                println!("page\t{}", page.task_instances().len());
                for task in page.task_instances() {
                    println!(
                        "item\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
                        or_empty(task.task_instance_id()),
                        or_empty(task.status()),
                        or_empty(task.operator_name()),
                        or_empty(task.duration_in_seconds()),
                        or_empty(task.workflow_version()),
                        or_empty(task.run_id()),
                        or_empty(task.workflow_arn()),
                    );
                }
            }
        }
        other => panic!("{other} is no operation"),
    }
    Ok(())
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let word: Vec<&str> = line.split_whitespace().collect();
        let client = client(word[1], word[2].parse().unwrap());
        if let Err(Told(lines)) = runtime.block_on(perform(&client, word[0], &word[3..])) {
            println!("{}", lines.join("\n"));
        }
        println!("done");
    }
}
