package dev.nearside.proxy.tier.database;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.resource.LoadableResource;
import org.jspecify.annotations.Nullable;

/**
 * Runs the migrations of the long-term store by Flyway, whose lock lets one sidecar at a time.
 * Nothing is looked for on the class path: the files are named here. Blocks.
 */
final class StoreMigration {
  /** They did not run; the message says why. */
  static final class FailedException extends Exception {
    private static final long serialVersionUID = 1L;

    FailedException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private static final String SCHEMA = "nearside";
  private static final String RIGHTS =
      """

      -- What the sidecars' user needs besides, here called app:
      --   GRANT USAGE ON SCHEMA nearside TO app;
      --   GRANT SELECT, INSERT, UPDATE, DELETE ON nearside.entry, nearside.outbox TO app;
      --   GRANT USAGE ON SEQUENCE nearside.version TO app;
      """;
  private static final List<String> FILES = List.of("V1__long_term_store.sql", "V2__outbox.sql");

  private StoreMigration() {}

  /** Brings the schema to the newest layout; does nothing where it is. */
  static void run(DatabaseTier.Settings settings) throws FailedException {
    try {
      Flyway.configure(StoreMigration.class.getClassLoader())
          .dataSource(settings.url(), settings.user(), settings.password())
          .loggers("slf4j")
          .schemas(SCHEMA)
          .defaultSchema(SCHEMA)
          .resourceProvider(new Files())
          .javaMigrationClassProvider(List::of)
          .placeholderReplacement(false)
          // What an administrator has made by hand has no history; each file can be run again.
          .baselineOnMigrate(true)
          .baselineVersion("0")
          .load()
          .migrate();
    } catch (FlywayException e) {
      throw new FailedException(reason(e), e);
    }
  }

  /** Returns the SQL of all migrations, to be run by hand. */
  static String sql() {
    StringBuilder sql = new StringBuilder("CREATE SCHEMA IF NOT EXISTS nearside;\n");
    FILES.forEach(file -> sql.append('\n').append(text(file)));
    return sql.append(RIGHTS).toString();
  }

  private static String reason(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException said) {
        return QueryCheck.saidOf(said);
      }
    }
    return String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
  }

  private static String text(String file) {
    try (InputStream in = StoreMigration.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("the build has left " + file + " out");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The files, as Flyway asks for them. */
  private static final class Files implements ResourceProvider {
    @Override
    public @Nullable LoadableResource getResource(String name) {
      return FILES.contains(name) ? new File(name) : null; // it asks for settings of each, too
    }

    @Override
    public Collection<LoadableResource> getResources(String prefix, String[] suffixes) {
      return FILES.stream()
          .filter(name -> name.startsWith(prefix))
          .filter(name -> Arrays.stream(suffixes).anyMatch(name::endsWith))
          .<LoadableResource>map(File::new)
          .toList();
    }
  }

  /** One of them. */
  private static final class File extends LoadableResource {
    private final String name;

    private File(String name) {
      this.name = name;
    }

    @Override
    public Reader read() {
      return new StringReader(text(name));
    }

    @Override
    public String getAbsolutePath() {
      return name;
    }

    @Override
    public String getAbsolutePathOnDisk() {
      return name;
    }

    @Override
    public String getFilename() {
      return name;
    }

    @Override
    public String getRelativePath() {
      return name;
    }
  }
}
