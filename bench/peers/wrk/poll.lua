-- The request of the others, with a signature that nobody checks: what a client costs that neither signs nor decodes.
wrk.method = "POST"
wrk.body = '{"WorkflowArn":"arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef",' ..
           '"RunId":"run-finished","MaxResults":100}'
wrk.headers["Content-Type"] = "application/x-amz-json-1.0"
wrk.headers["X-Amz-Target"] = "AmazonMWAAServerless.ListTaskInstances"
wrk.headers["X-Amz-Date"] = "20261130T120000Z"
wrk.headers["Authorization"] =
  "AWS4-HMAC-SHA256 Credential=AKIDEMULATOR/20261130/us-east-1/airflow-serverless/aws4_request, " ..
  "SignedHeaders=content-type;host;x-amz-date;x-amz-target, " ..
  "Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
