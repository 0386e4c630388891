// The AWS SDK for Java: does what sdk_test.py asks for on standard input and prints what came of it.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.mwaaserverless.MwaaServerlessClient;
import software.amazon.awssdk.services.mwaaserverless.model.ListTaskInstancesResponse;
import software.amazon.awssdk.services.mwaaserverless.model.ResourceNotFoundException;
import software.amazon.awssdk.services.mwaaserverless.model.TaskInstanceSummary;
import software.amazon.awssdk.services.mwaaserverless.model.ThrottlingException;
import software.amazon.awssdk.services.mwaaserverless.model.ValidationException;

public class Judge {
  static final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  static final String ARN = System.getenv("WORKFLOW_ARN");

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
    var line = new StringBuilder();
    for (Object field : fields) line.append(line.length() == 0 ? "" : "\t").append(field == null ? "" : field);
    out.println(line);
  }

  static void list(MwaaServerlessClient client, String run, int size) {
    for (ListTaskInstancesResponse page :
        client.listTaskInstancesPaginator(r -> r.workflowArn(ARN).runId(run).maxResults(size))) {
      say("page", page.taskInstances().size());
      for (TaskInstanceSummary task : page.taskInstances())
        say("task", task.taskInstanceId(), task.statusAsString(), task.operatorName(), task.durationInSeconds(),
            task.workflowVersion(), task.runId(), task.workflowArn());
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
    }
  }

  public static void main(String[] arguments) throws Exception {
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line; (line = lines.readLine()) != null; ) {
      String[] word = line.split(" ");  // OPERATION SECRET ATTEMPTS RUN PAGE_SIZE
      try (var client = client(word[1], Integer.parseInt(word[2]))) {
        if (word[0].equals("list")) list(client, word[3], Integer.parseInt(word[4]));
        else client.getWorkflowRun(r -> r.workflowArn(ARN).runId(word[3]));
      } catch (AwsServiceException error) {
        tell(error);
      } catch (Exception error) {
        say("failed", error.toString().replace('\n', ' '));
      }
      say("done");
    }
  }
}
