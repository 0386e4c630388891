// The AWS SDK for Java as a poller: many callers call ListTaskInstances back to back, through the synchronous client
// (a thread each, Apache's HTTP client) or the asynchronous one (Netty). The HTTP clients are those that the SDK takes by
// itself; they are named to give them a certificate and as many connections as there are callers.
//
// A virtual machine is warm after a minute only, so with --serve one does many measurements.

import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.retry.RetryMode;
import software.amazon.awssdk.core.util.VersionInfo;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.mwaaserverless.MwaaServerlessAsyncClient;
import software.amazon.awssdk.services.mwaaserverless.MwaaServerlessClient;
import software.amazon.awssdk.services.mwaaserverless.model.ListTaskInstancesRequest;
import software.amazon.awssdk.services.mwaaserverless.model.ListTaskInstancesResponse;
import software.amazon.awssdk.utils.SdkAutoCloseable;

public class Poll {
  static final Map<String, String> given = new HashMap<>();
  static final StaticCredentialsProvider keys =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("AKIDEMULATOR", "emulator-secret-key"));

  static int number(String name) {
    return Integer.parseInt(given.get(name));
  }

  static TrustManager[] trusted() {
    try (var file = new FileInputStream(given.get("--ca-bundle"))) {
      var store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(file));
      var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      return factory.getTrustManagers();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  static MwaaServerlessClient threaded() {
    var http = ApacheHttpClient.builder().maxConnections(number("--concurrency"));
    if (given.containsKey("--ca-bundle")) http.tlsTrustManagersProvider(Poll::trusted);
    return MwaaServerlessClient.builder().endpointOverride(URI.create(given.get("--endpoint-url")))
        .region(Region.US_EAST_1).credentialsProvider(keys).httpClientBuilder(http).build();
  }

  static MwaaServerlessAsyncClient asynchronous() {
    var http = NettyNioAsyncHttpClient.builder().maxConcurrency(number("--concurrency"));
    if (given.containsKey("--ca-bundle")) http.tlsTrustManagersProvider(Poll::trusted);
    return MwaaServerlessAsyncClient.builder().endpointOverride(URI.create(given.get("--endpoint-url")))
        .region(Region.US_EAST_1).credentialsProvider(keys).httpClientBuilder(http).build();
  }

  static ListTaskInstancesRequest request() {
    return ListTaskInstancesRequest.builder()
        .workflowArn("arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef")
        .runId("run-finished").maxResults(100).build();
  }

  static class Tally {
    final AtomicLong left;
    final AtomicLong errors = new AtomicLong();
    final AtomicLong items = new AtomicLong();
    final int expected = number("--items");
    final CountDownLatch pollers = new CountDownLatch(number("--concurrency"));

    Tally(long requests) {
      left = new AtomicLong(requests);
    }

    boolean takes() {
      return left.getAndDecrement() > 0;
    }

    void failed(String why) {
      if (errors.getAndIncrement() == 0) System.err.println("first error: " + why);
    }

    void look(ListTaskInstancesResponse page, Throwable failure) {
      if (failure != null) {
        failed(failure.toString());
        return;
      }
      var tasks = page.taskInstances();
      items.addAndGet(tasks.size());
      boolean decoded = true;
      if (!tasks.isEmpty()) {
        var last = tasks.get(tasks.size() - 1);
        decoded = last.taskInstanceId() != null && last.status() != null;
      }
      if (tasks.size() != expected || !decoded) failed("a page of " + tasks.size() + " items, not " + expected);
    }
  }

  static void poll(MwaaServerlessClient client, Tally tally) {
    while (tally.takes()) {
      try {
        tally.look(client.listTaskInstances(request()), null);
      } catch (Exception e) {
        tally.look(null, e);
      }
    }
    tally.pollers.countDown();
  }

  static void poll(MwaaServerlessAsyncClient client, Tally tally) {
    if (!tally.takes()) {
      tally.pollers.countDown();
      return;
    }
    client.listTaskInstances(request()).whenComplete((page, failure) -> {
      tally.look(page, failure);
      poll(client, tally);
    });
  }

  interface Starter {
    void start(Tally tally);
  }

  static Tally run(Starter starter, int requests) throws InterruptedException {
    var tally = new Tally(requests);
    for (int i = 0; i < number("--concurrency"); ++i) starter.start(tally);
    tally.pollers.await();
    return tally;
  }

  static String status(String name) throws Exception {
    for (String line : Files.readAllLines(Path.of("/proc/self/status")))
      if (line.startsWith(name)) return line.replaceAll("[^0-9]", "");
    throw new IllegalStateException(name);
  }

  /** One measurement, for what is `given`, as a line of JSON. */
  static String measure() throws Exception {
    Starter starter;
    SdkAutoCloseable client;
    if (given.get("--client").equals("sync")) {
      var threaded = threaded();
      starter = tally -> new Thread(() -> poll(threaded, tally)).start();
      client = threaded;
    } else {
      var asynchronous = asynchronous();
      starter = tally -> poll(asynchronous, tally);
      client = asynchronous;
    }
    try (client) {
      run(starter, number("--warm-up"));

      var process = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
      var compiler = ManagementFactory.getCompilationMXBean();
      long compiled = compiler.getTotalCompilationTime();
      long cpu = process.getProcessCpuTime();  // of all threads, those of the compiler and the collector included
      long started = System.nanoTime();
      var tally = run(starter, number("--requests"));
      double seconds = (System.nanoTime() - started) / 1e9;
      double cpuUs = (process.getProcessCpuTime() - cpu) / 1e3;
      return String.format(Locale.ROOT,
          "{\"requests\":%d,\"errors\":%d,\"items\":%d,\"seconds\":%f,\"cpu_us_per_request\":%f,\"max_rss_kib\":%s,"
              + "\"compiler_ms\":%d,\"sdk\":\"mwaaserverless %s\",\"runtime\":\"OpenJDK %s\",\"http\":\"%s\","
              + "\"retry_mode\":\"%s\"}",
          number("--requests"), tally.errors.get(), tally.items.get(), seconds, cpuUs / number("--requests"),
          status("VmHWM:"), compiler.getTotalCompilationTime() - compiled, VersionInfo.SDK_VERSION,
          Runtime.version(), given.get("--client").equals("sync") ? "Apache HttpClient" : "Netty",
          RetryMode.defaultRetryMode().toString().toLowerCase(Locale.ROOT));
    }
  }

  static void take(String[] arguments) {
    for (int i = 0; i + 1 < arguments.length; i += 2) given.put(arguments[i], arguments[i + 1]);
  }

  /** With `--serve` last, measures for each line of arguments on standard input, on top of those of the command line. */
  public static void main(String[] arguments) throws Exception {
    take(arguments);
    if (arguments.length == 0 || !arguments[arguments.length - 1].equals("--serve")) {
      System.out.println(measure());
      System.exit(0);  // Netty's threads would go on
    }
    var fixed = Map.copyOf(given);
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line; (line = lines.readLine()) != null; ) {
      given.clear();
      given.putAll(fixed);
      take(line.split(" "));
      System.out.println(measure());
    }
    System.exit(0);
  }
}
