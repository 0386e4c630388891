// The AWS SDK for Java: does what sdk_test.py asks for on standard input and prints what came of it.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.document.Document;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.mwaaserverless.MwaaServerlessClient;
import software.amazon.awssdk.services.mwaaserverless.model.ConflictException;
import software.amazon.awssdk.services.mwaaserverless.model.DefinitionS3Location;
import software.amazon.awssdk.services.mwaaserverless.model.ResourceNotFoundException;
import software.amazon.awssdk.services.mwaaserverless.model.ThrottlingException;
import software.amazon.awssdk.services.mwaaserverless.model.ValidationException;

public class Judge {
  static final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  static MwaaServerlessClient client(String secret, int attempts) {
    var keys = AwsBasicCredentials.create(System.getenv("AWS_ACCESS_KEY_ID"), secret);
    return MwaaServerlessClient.builder()
        .endpointOverride(URI.create(System.getenv("AWS_ENDPOINT_URL_MWAA_SERVERLESS")))
        .region(Region.of(System.getenv("AWS_REGION")))
        .credentialsProvider(StaticCredentialsProvider.create(keys))
        .overrideConfiguration(c -> c.retryStrategy(r -> r.maxAttempts(attempts)))
        .build();
  }

  static void say(Object... fields) {
    out.println(Arrays.stream(fields).map(f -> f == null ? "" : f.toString()).collect(Collectors.joining("\t")));
  }

  static DefinitionS3Location definition(String key) {
    return DefinitionS3Location.builder().bucket("bucket").objectKey(key).build();
  }

  static String role(String name) {
    return "arn:aws:iam::123456789012:role/" + name;
  }

  /** Of what the tests send: numbers, nulls, lists and maps. */
  static String json(Document value) {
    if (value.isNull()) return "null";
    if (value.isNumber()) return value.asNumber().stringValue();
    if (value.isList()) return value.asList().stream().map(Judge::json).collect(Collectors.joining(",", "[", "]"));
    return value.asMap().entrySet().stream()
        .map(e -> '"' + e.getKey() + "\":" + json(e.getValue()))
        .collect(Collectors.joining(",", "{", "}"));
  }

  /** Does an operation for the words OPERATION SECRET ATTEMPTS ARGUMENT... */
  static void perform(MwaaServerlessClient client, String[] word) {
    switch (word[0]) {
      case "create" -> {
        var made = client.createWorkflow(r -> r.name(word[3]).clientToken(word[4].equals("-") ? null : word[4])
            .definitionS3Location(definition("first.yaml")).roleArn(role("r")).description("Größe \"A\"")
            .tags(Map.of("team", "a")));
        say("member", "WorkflowArn", made.workflowArn());
        say("member", "WorkflowVersion", made.workflowVersion());
        say("member", "WorkflowStatus", made.workflowStatusAsString());
        say("member", "IsLatestVersion", made.isLatestVersion());
        say("member", "CreatedAt", made.createdAt().getEpochSecond());
      }
      case "update" -> {
        var updated = client.updateWorkflow(
            r -> r.workflowArn(word[3]).definitionS3Location(definition("second.yaml")).roleArn(role("s")));
        say("member", "WorkflowVersion", updated.workflowVersion());
      }
      case "get-workflow" -> {
        var workflow = client.getWorkflow(r -> r.workflowArn(word[3]).workflowVersion(word[4]));
        say("member", "Name", workflow.name());
        say("member", "Description", workflow.description());
        say("member", "WorkflowStatus", workflow.workflowStatusAsString());
        say("member", "ObjectKey", workflow.definitionS3Location().objectKey());
        say("member", "RoleArn", workflow.roleArn());
      }
      case "delete" -> say("member", "WorkflowArn", client.deleteWorkflow(r -> r.workflowArn(word[3])).workflowArn());
      case "workflows" -> {
        for (var page : client.listWorkflowsPaginator(r -> r.maxResults(Integer.valueOf(word[3])))) {
          say("page", page.workflows().size());
          page.workflows().forEach(each -> say("item", each.name(), each.workflowStatusAsString()));
        }
      }
      case "versions" -> {
        for (var page : client.listWorkflowVersionsPaginator(
            r -> r.workflowArn(word[3]).maxResults(Integer.valueOf(word[4])))) {
          say("page", page.workflowVersions().size());
          page.workflowVersions().forEach(each -> say("item", each.workflowVersion(), each.isLatestVersion()));
        }
      }
      case "tag" -> client.tagResource(r -> r.resourceArn(word[3]).tags(Map.of(word[4], word[5])));
      case "untag" -> client.untagResource(r -> r.resourceArn(word[3]).tagKeys(word[4]));
      case "tags" ->
          client.listTagsForResource(r -> r.resourceArn(word[3])).tags().forEach((key, value) -> say("item", key, value));
      case "start" -> {
        var inner = Document.mapBuilder().putNull("x").build();
        var day = Document.fromList(List.of(Document.fromNumber(1), inner));
        var started = client.startWorkflowRun(r -> r.workflowArn(word[3]).overrideParameters(Map.of("day", day)));
        say("member", "RunId", started.runId());
        say("member", "Status", started.statusAsString());
      }
      case "stop" ->
          say("member", "Status", client.stopWorkflowRun(r -> r.workflowArn(word[3]).runId(word[4])).statusAsString());
      case "get-run" -> {
        var run = client.getWorkflowRun(r -> r.workflowArn(word[3]).runId(word[4]));
        say("member", "RunState", run.runDetail().runStateAsString());
        say("member", "TaskInstances", String.join(",", run.runDetail().taskInstances()));
        var day = run.overrideParameters().get("day");
        if (day != null) say("member", "day", json(day));
      }
      case "runs" -> {
        for (var page : client.listWorkflowRunsPaginator(
            r -> r.workflowArn(word[3]).maxResults(Integer.valueOf(word[4])))) {
          say("page", page.workflowRuns().size());
          page.workflowRuns().forEach(each -> say("item", each.runId(), each.runDetailSummary().statusAsString()));
        }
      }
      case "get-task" -> {
        var task = client.getTaskInstance(r -> r.workflowArn(word[3]).runId(word[4]).taskInstanceId(word[5]));
        say("member", "Status", task.statusAsString());
        say("member", "DurationInSeconds", task.durationInSeconds());
      }
      case "list" -> {
        for (var page : client.listTaskInstancesPaginator(
            r -> r.workflowArn(word[3]).runId(word[4]).maxResults(Integer.valueOf(word[5])))) {
          say("page", page.taskInstances().size());
          for (var task : page.taskInstances())
            say("item", task.taskInstanceId(), task.statusAsString(), task.operatorName(), task.durationInSeconds(),
                task.workflowVersion(), task.runId(), task.workflowArn());
        }
      }
      default -> throw new IllegalArgumentException(word[0]);
    }
  }

  static void tell(AwsServiceException error) {
    say("error", error.awsErrorDetails().errorCode(), error.statusCode(), error.requestId());
    if (error instanceof ThrottlingException e) {
      say("member", "RetryAfterSeconds", e.retryAfterSeconds());
      say("member", "ServiceCode", e.serviceCode());
      say("member", "QuotaCode", e.quotaCode());
    } else if (error instanceof ValidationException e) {
      say("member", "Reason", e.reasonAsString());
      e.fieldList().forEach(field -> say("member", "Field", field.name()));
    } else if (error instanceof ResourceNotFoundException e) {
      say("member", "ResourceId", e.resourceId());
      say("member", "ResourceType", e.resourceType());
    } else if (error instanceof ConflictException e) {
      say("member", "ResourceId", e.resourceId());
      say("member", "ResourceType", e.resourceType());
    }
  }

  public static void main(String[] arguments) throws Exception {
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line; (line = lines.readLine()) != null; ) {
      String[] word = line.split(" ");
      try (var client = client(word[1], Integer.parseInt(word[2]))) {
        perform(client, word);
      } catch (AwsServiceException error) {
        tell(error);
      } catch (Exception error) {
        say("failed", error.toString().replace('\n', ' '));
      }
      say("done");
    }
  }
}
