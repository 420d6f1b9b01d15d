package dev.nearside.benchmarks.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.benchmarks.servers.Ports;
import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.BufferedReader;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The demo as a user runs it: a process of its own, stopped by a signal. */
@Timeout(120)
final class DemoIT {
  private static final Pattern READY =
      Pattern.compile("Nearside is ready on .* Redis \\(port (\\d+)\\).*");

  @TempDir private Path temporary;

  private final int port = Ports.free();
  private final int httpPort = Ports.free();

  @Test
  void demo_untilSigterm_servesTheThreeTiersAndLeavesNothing() throws Exception {
    Process demo = start();
    try {
      int redisPort = awaitReady(demo);
      List<ProcessHandle> servers = demo.descendants().toList();
      assertThat(servers).isNotEmpty();
      awaitCapture();
      readThroughTheTiers(redisPort);
      assertThat(metrics()).contains("# TYPE");

      demo.destroy();
      assertThat(demo.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(servers).noneMatch(ProcessHandle::isAlive);
      assertThat(left()).isEmpty();
    } finally {
      demo.descendants().forEach(ProcessHandle::destroyForcibly);
      demo.destroyForcibly();
    }
  }

  @Test
  void demo_portInUse_saysSoInOneSentenceAndFails() throws Exception {
    try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      Process demo = start();
      try (BufferedReader output = demo.inputReader()) {
        assertThat(output.readAllAsString())
            .isEqualToIgnoringNewLines(
                "nearside: port "
                    + taken.getLocalPort()
                    + " is in use: give another one with --port N.");
      }
      assertThat(demo.waitFor()).isEqualTo(1);
    }
  }

  private void readThroughTheTiers(int redisPort) throws Exception {
    try (RedisConnection sidecar = RedisConnection.open(port);
        RedisConnection redis = RedisConnection.open(redisPort)) {
      assertThat(redis.call("EXISTS", "prompt:7")).isEqualTo("0");
      String fromDatabase = sidecar.call("GET", "prompt:7");
      assertThat(fromDatabase).startsWith("You ");
      assertThat(redis.call("GET", "prompt:7")).isEqualTo(fromDatabase);
      assertThat(sidecar.call("GET", "prompt:7")).isEqualTo(fromDatabase);
      assertThat(sidecar.call("GET", "user:1")).contains("@example.com");
      assertThat(sidecar.call("NEARSIDE.QUERY", "users-on-plan", "business", "3"))
          .startsWith("[{\"id\":3,\"name\":")
          .endsWith("\"}]");
      assertThat(sidecar.call("GET", "session:0001")).contains("\"user\":1");

      redis.call("SET", "prompt:7", "changed elsewhere");
      long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
      String fresh = sidecar.call("GET", "prompt:7");
      while (!fresh.equals("changed elsewhere")) { // until its invalidation came
        assertThat(System.nanoTime()).isLessThan(deadlineNs);
        assertThat(fresh).isEqualTo(fromDatabase);
        fresh = sidecar.call("GET", "prompt:7");
      }
    }
  }

  /** From then on rows are put into Redis. */
  private void awaitCapture() throws Exception {
    long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!metrics().contains("nearside_capture_state{state=\"reading\",} 1.0")) {
      assertThat(System.nanoTime()).isLessThan(deadlineNs);
    }
  }

  private String metrics() throws Exception {
    URI address = URI.create("http://127.0.0.1:" + httpPort + "/metrics");
    try (InputStream body = address.toURL().openStream()) {
      return new String(body.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private Process start() throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-Xmx256m",
            "-XX:-UsePerfData",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Djava.io.tmpdir=" + temporary,
            "-cp",
            System.getProperty("java.class.path"),
            Demo.class.getName(),
            "--port=" + port,
            "--http-port=" + httpPort));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static int awaitReady(Process demo) throws Exception {
    StringBuilder seen = new StringBuilder();
    BufferedReader output = demo.inputReader();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      Matcher ready = READY.matcher(line);
      if (ready.matches()) {
        return Integer.parseInt(ready.group(1));
      }
      seen.append(line).append('\n');
    }
    throw new AssertionError("the demo ended early:\n" + seen);
  }

  private List<Path> left() throws Exception {
    try (var files = Files.list(temporary)) {
      return files.toList();
    }
  }
}
