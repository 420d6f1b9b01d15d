package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.namespace.Namespace;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What the command line does with a database, without a sidecar. Blocks. */
public final class DatabaseSetup {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private DatabaseSetup() {}

  /**
   * Returns what does not fit the database, and changes nothing there.
   *
   * @param subjects what complaints about a namespace begin with
   */
  public static List<String> misfits(
      DatabaseTier.Settings settings,
      Collection<Namespace> namespaces,
      Function<Namespace, String> subjects) {
    StoreLayout layout = new StoreLayout(settings, false);
    List<FitGate> gates =
        namespaces.stream()
            .filter(Namespace::readsDatabase)
            .map(each ->
                new FitGate(
                    subjects.apply(each), RowsByKey.of(each, layout)::fit, System::nanoTime))
            .toList();
    try (Connection connection = new DirectConnections(settings).openToRead(LIMIT)) {
      return FirstCheck.misfits(connection, gates, false);
    } catch (SQLException e) {
      return List.of("the database cannot be asked: " + QueryCheck.saidOf(e));
    }
  }

  /** Makes the tables of the long-term store, or the newest of them; returns why not, or null. */
  public static @Nullable String migrate(DatabaseTier.Settings settings) {
    try (Connection connection = new DirectConnections(settings).openToRead(LIMIT)) {
      String failure = new StoreLayout(settings, true).migrate(connection);
      return failure == null ? null : "the tables of the long-term store: " + failure;
    } catch (SQLException e) {
      return "the database cannot be asked: " + QueryCheck.saidOf(e);
    }
  }

  /** Returns the SQL that does what {@link #migrate} does. */
  public static String migrationSql() {
    return StoreMigration.sql();
  }
}
