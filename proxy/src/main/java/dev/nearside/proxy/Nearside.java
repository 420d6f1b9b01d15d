package dev.nearside.proxy;

import dev.nearside.proxy.config.ConfigurationException;
import dev.nearside.proxy.config.ConfigurationLoader;
import dev.nearside.proxy.config.ConfigurationSources;
import dev.nearside.proxy.config.ConfigurationSources.Flag;
import dev.nearside.proxy.config.LoadedConfiguration;
import dev.nearside.proxy.config.NamespaceChecks;
import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.namespace.KeyTemplate;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.tier.database.DatabaseTier;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The command line. Exits with 0 when all went well, with 2 when the arguments or the configuration
 * are wrong, which is then said on the standard error stream, and with 1 on any other failure.
 */
@Command(
    name = "nearside",
    description = "A sidecar that makes Redis local.",
    subcommands = CommandLine.HelpCommand.class,
    synopsisSubcommandLabel = "COMMAND")
public final class Nearside {
  static final int WRONG_CONFIGURATION = 2;
  static final int CANNOT_START = 1;

  /** What is asked about namespaces while the configuration is read. */
  private static final NamespaceChecks NAMESPACE_CHECKS =
      new NamespaceChecks(KeyTemplate::parse, DatabaseTier::checkQuery, Namespace::checkTags);

  private final Map<String, String> environment;

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it
  private boolean isHelpWanted;

  private Nearside(Map<String, String> environment) {
    this.environment = environment;
  }

  /** Runs a command and ends the process with its exit status. */
  public static void main(String[] arguments) {
    System.exit(commandLine(System.getenv()).execute(arguments));
  }

  /** Returns the command line; tests give it other streams. */
  static CommandLine commandLine(Map<String, String> environment) {
    CommandLine commandLine = new CommandLine(new Nearside(environment));
    commandLine.setExecutionExceptionHandler(Nearside::reportFailure);
    return commandLine;
  }

  /** Runs the sidecar until the process is told to end; then drains it and returns 0. */
  private int serve(NearsideConfig config) throws InterruptedException {
    Proxy proxy;
    try {
      proxy = Proxy.start(config);
    } catch (IOException | IllegalStateException | IllegalArgumentException e) {
      err().println("nearside: " + e.getMessage());
      err().flush();
      return CANNOT_START;
    }
    CountDownLatch stopped = new CountDownLatch(1);
    Thread stop =
        Thread.ofPlatform()
            .name("nearside-stop")
            .unstarted(() -> {
              proxy.close();
              stopped.countDown();
              Runtime.getRuntime().halt(0); // a signal's own status would be 143
            });
    Runtime.getRuntime().addShutdownHook(stop);
    stopped.await();
    return 0;
  }

  @Command(name = "run", description = "Start the sidecar.")
  int run(@Mixin ConfigurationOptions options) throws ConfigurationException, InterruptedException {
    return serve(options.load(environment).config());
  }

  @Command(
      name = "check-config",
      description = "Say what is wrong with a configuration, or show what it amounts to.")
  int checkConfig(@Mixin ConfigurationOptions options) throws ConfigurationException {
    LoadedConfiguration loaded = options.load(environment);
    PrintWriter out = out();
    out.println("OK");
    out.print(loaded.redactedYaml());
    out.flush();
    return 0;
  }

  @Command(name = "version", description = "Show the version.")
  int version() {
    PrintWriter out = out();
    out.println("nearside " + Version.text());
    out.flush();
    return 0;
  }

  private PrintWriter out() {
    return commandLine().getOut();
  }

  private PrintWriter err() {
    return commandLine().getErr();
  }

  private CommandLine commandLine() {
    if (spec == null) {
      throw new IllegalStateException("picocli fills in the command before it runs one");
    }
    return spec.commandLine();
  }

  private static int reportFailure(
      Exception failure, CommandLine commandLine, CommandLine.ParseResult arguments)
      throws Exception {
    if (failure instanceof ConfigurationException refused) {
      PrintWriter err = commandLine.getErr();
      refused.problems().forEach(err::println);
      err.flush();
      return WRONG_CONFIGURATION;
    }
    throw failure;
  }

  /** The options of the commands that read a configuration. */
  static final class ConfigurationOptions {
    @Option(names = "--config", paramLabel = "FILE", description = "The configuration, as YAML.")
    private @Nullable Path file;

    @Option(
        names = "--upstream",
        paramLabel = "URI",
        description = "The Redis behind this sidecar, as redis://user:password@host:port/database.")
    private @Nullable String upstream;

    @Option(
        names = "--listen",
        paramLabel = "ADDRESS",
        description = "Where clients connect: host:port or unix:/path.")
    private @Nullable String listen;

    @Option(
        names = "--http",
        paramLabel = "ADDRESS",
        description = "Where metrics, probes and administration are served: host:port.")
    private @Nullable String http;

    @Option(
        names = "--set",
        paramLabel = "KEY=VALUE",
        description = "Set any key of the configuration, for example l1.max-bytes=128MiB.")
    private Map<String, String> settings = new LinkedHashMap<>();

    @Option(
        names = {"-h", "--help"},
        usageHelp = true,
        description = "Show this help.")
    @SuppressWarnings("UnusedVariable") // picocli acts on it
    private boolean isHelpWanted;

    LoadedConfiguration load(Map<String, String> environment) throws ConfigurationException {
      List<Flag> flags = new ArrayList<>();
      settings.forEach((path, text) -> flags.add(new Flag("--set", path, text)));
      add(flags, "--upstream", "upstream.uri", upstream);
      add(flags, "--listen", "listen", listen);
      add(flags, "--http", "http", http);
      return new ConfigurationLoader(NAMESPACE_CHECKS)
          .load(new ConfigurationSources(file, environment, flags));
    }

    private static void add(List<Flag> flags, String name, String path, @Nullable String text) {
      if (text != null) {
        flags.add(new Flag(name, path, text));
      }
    }
  }
}
