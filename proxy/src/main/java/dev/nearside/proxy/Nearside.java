package dev.nearside.proxy;

import dev.nearside.proxy.config.ConfigurationException;
import dev.nearside.proxy.config.ConfigurationLoader;
import dev.nearside.proxy.config.ConfigurationSources;
import dev.nearside.proxy.config.LoadedConfiguration;
import dev.nearside.proxy.config.NamespaceChecks;
import dev.nearside.proxy.namespace.KeyTemplate;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.namespace.Namespaces;
import dev.nearside.proxy.security.TlsServer;
import dev.nearside.proxy.tier.database.DatabaseSetup;
import dev.nearside.proxy.tier.database.DatabaseTier;
import dev.nearside.proxy.tier.database.MisfitException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * The main class. Exits with 0 when all went well, with 2 when the arguments or the configuration
 * are wrong, which is then said on the standard error stream, and with 1 on any other failure.
 */
public final class Nearside {
  static final int WRONG_CONFIGURATION = 2;
  static final int CANNOT_START = 1;

  /** What is asked about namespaces while the configuration is read. */
  private static final NamespaceChecks NAMESPACE_CHECKS =
      new NamespaceChecks(KeyTemplate::parse, DatabaseTier::checkQuery, Namespace::checkTags);

  private Nearside() {}

  /**
   * Runs a command and ends the process with its exit status.
   *
   * @throws InterruptedException never: nobody interrupts the main thread
   */
  public static void main(String[] arguments) throws InterruptedException {
    Map<String, String> environment = System.getenv();
    ConfigurationSources plain = RunArguments.read(arguments, environment);
    System.exit(
        plain == null
            ? Verbs.commandLine(environment).execute(arguments)
            : run(plain, new PrintWriter(System.err, true, StandardCharsets.UTF_8)));
  }

  /** Runs the sidecar until the process is told to end; returns the exit status. */
  static int run(ConfigurationSources sources, PrintWriter err) throws InterruptedException {
    try {
      return serve(load(sources), err);
    } catch (ConfigurationException e) {
      return refuse(e, err);
    }
  }

  /** Reads the configuration, and checks what only other parts can. */
  static LoadedConfiguration load(ConfigurationSources sources) throws ConfigurationException {
    return new ConfigurationLoader(NAMESPACE_CHECKS, TlsServer.CHECKS).load(sources);
  }

  /** Returns what in the configuration does not fit its database. */
  static List<String> misfits(LoadedConfiguration loaded) {
    DatabaseTier.Settings settings = Proxy.databaseSettings(loaded.config());
    return settings == null
        ? List.of()
        : DatabaseSetup.misfits(
            settings,
            Namespaces.of(loaded.config().allNamespaces()).all(),
            namespace -> loaded.subjectOfRows(namespace.name()));
  }

  /** Makes the tables of the long-term store; returns why that cannot be done, or null. */
  static @Nullable String migrate(LoadedConfiguration loaded) {
    DatabaseTier.Settings settings = Proxy.databaseSettings(loaded.config());
    return settings == null
        ? "there is no database; expected database.url"
        : DatabaseSetup.migrate(settings);
  }

  /** Says what is wrong with the configuration; returns the exit status. */
  static int refuse(ConfigurationException refused, PrintWriter err) {
    return refuse(refused.problems(), err);
  }

  static int refuse(List<String> problems, PrintWriter err) {
    problems.forEach(err::println);
    err.flush();
    return WRONG_CONFIGURATION;
  }

  /** Runs the sidecar until the process is told to end; then drains it and returns 0. */
  private static int serve(LoadedConfiguration config, PrintWriter err)
      throws InterruptedException {
    Proxy proxy;
    try {
      proxy = Proxy.start(config);
    } catch (MisfitException e) {
      return refuse(e.problems(), err);
    } catch (IOException | IllegalStateException | IllegalArgumentException e) {
      err.println("nearside: " + e.getMessage());
      err.flush();
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
}
