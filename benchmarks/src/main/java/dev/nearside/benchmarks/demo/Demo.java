package dev.nearside.benchmarks.demo;

import dev.nearside.benchmarks.servers.EmbeddedPostgres;
import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.Ports;
import dev.nearside.benchmarks.servers.RedisProgram;
import dev.nearside.benchmarks.servers.ScratchDirectory;
import dev.nearside.benchmarks.servers.ServerException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line of the demo; SIGINT and SIGTERM stop everything. */
@Command(
    name = "nearside demo",
    mixinStandardHelpOptions = true,
    description = "Starts Redis, PostgreSQL, a data set and the sidecar, to try it out.")
public final class Demo implements Callable<Integer> {
  @Option(
      names = "--port",
      defaultValue = "6380",
      description = "Where Redis clients connect (${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--http-port",
      defaultValue = "9380",
      description = "Where metrics and probes are (${DEFAULT-VALUE}).")
  private int httpPort;

  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private final Steps steps = new Steps(out);

  /** Runs the demo until it is told to stop. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Demo()).execute(args));
  }

  @Override
  public Integer call() throws InterruptedException {
    Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "demo-stop"));
    try {
      requireFree(port, "--port");
      requireFree(httpPort, "--http-port");
      out.println(start().text());
      new CountDownLatch(1).await();
      return CommandLine.ExitCode.OK;
    } catch (ServerException e) {
      System.err.println("nearside: " + e.getMessage());
      return CommandLine.ExitCode.SOFTWARE;
    } finally {
      steps.close();
    }
  }

  private Invitation start() {
    ScratchDirectory scratch = steps.start("temporary directory", ScratchDirectory::create);
    EmbeddedRedis redis =
        steps.start(
            "Redis",
            () -> EmbeddedRedis.start(RedisProgram.EMBEDDED.find(scratch.path()), scratch.path()));
    EmbeddedPostgres postgres =
        steps.start("PostgreSQL", () -> EmbeddedPostgres.start(scratch.path()));
    steps.run("data set", () -> new DataSet(postgres, redis).load());
    steps.start(
        "Nearside",
        () -> Sidecar.start(DemoConfig.of(port, httpPort, redis.port(), postgres.url())));
    return new Invitation(port, httpPort, redis.port(), postgres.port());
  }

  private static void requireFree(int wanted, String option) {
    if (!Ports.isFree(wanted)) {
      throw new ServerException(
          "port " + wanted + " is in use: give another one with " + option + " N.");
    }
  }

  private void stop() {
    if (steps.close()) {
      out.println("stopped; nothing is left running.");
    }
  }
}
