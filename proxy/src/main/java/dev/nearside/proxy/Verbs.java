package dev.nearside.proxy;

import dev.nearside.proxy.config.ConfigurationException;
import dev.nearside.proxy.config.ConfigurationSources;
import dev.nearside.proxy.config.LoadedConfiguration;
import dev.nearside.proxy.tier.database.DatabaseSetup;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command line as picocli reads it: every verb, every option, and the help on them. */
@Command(
    name = "nearside",
    description = "A sidecar that makes Redis local.",
    subcommands = CommandLine.HelpCommand.class,
    synopsisSubcommandLabel = "COMMAND")
final class Verbs {
  private final Map<String, String> environment;

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it
  private boolean isHelpWanted;

  private Verbs(Map<String, String> environment) {
    this.environment = environment;
  }

  /** Returns the command line; tests give it other streams. */
  static CommandLine commandLine(Map<String, String> environment) {
    CommandLine commandLine = new CommandLine(new Verbs(environment));
    commandLine.setExecutionExceptionHandler(Verbs::reportFailure);
    return commandLine;
  }

  @Command(name = "run", description = "Start the sidecar.")
  int run(@Mixin ConfigurationOptions options) throws InterruptedException {
    return Nearside.run(options.sources(environment), err());
  }

  @Command(
      name = "check-config",
      description = "Say what is wrong with a configuration, or show what it amounts to.")
  int checkConfig(
      @Mixin ConfigurationOptions options,
      @Option(
              names = "--database",
              description = "Ask the database, too, whether it is what namespaces expect.")
          boolean asksDatabase)
      throws ConfigurationException {
    LoadedConfiguration loaded = Nearside.load(options.sources(environment));
    List<String> misfits = asksDatabase ? Nearside.misfits(loaded) : List.of();
    if (!misfits.isEmpty()) {
      return Nearside.refuse(misfits, err());
    }
    PrintWriter out = out();
    out.println("OK");
    out.print(loaded.redactedYaml());
    out.flush();
    return 0;
  }

  @Command(
      name = "migrate",
      description = "Make the tables of the long-term store, as a start does where it may.")
  int migrate(
      @Mixin ConfigurationOptions options,
      @Option(names = "--print", description = "Only show the SQL; needs no configuration.")
          boolean isPrintWanted)
      throws ConfigurationException {
    if (isPrintWanted) {
      out().print(DatabaseSetup.migrationSql());
      out().flush();
      return 0;
    }
    String failure = Nearside.migrate(Nearside.load(options.sources(environment)));
    if (failure != null) {
      err().println("nearside: " + failure);
      err().flush();
      return Nearside.CANNOT_START;
    }
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
      return Nearside.refuse(refused, commandLine.getErr());
    }
    throw failure;
  }

  /** The options of the commands that read a configuration. */
  static final class ConfigurationOptions {
    @Option(names = "--config", paramLabel = "FILE", description = "The configuration, as YAML.")
    private @Nullable String file;

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

    ConfigurationSources sources(Map<String, String> environment) {
      Map<String, String> options = new LinkedHashMap<>();
      put(options, "--upstream", upstream);
      put(options, "--listen", listen);
      put(options, "--http", http);
      return RunArguments.sources(file, settings, options, environment);
    }

    private static void put(Map<String, String> options, String name, @Nullable String value) {
      if (value != null) {
        options.put(name, value);
      }
    }
  }
}
