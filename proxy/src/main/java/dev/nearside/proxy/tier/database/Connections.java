package dev.nearside.proxy.tier.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import java.net.ConnectException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/*
 * HikariCP lets whoever asks wait for its time-out, since the next try to connect may succeed. But
 * where the last try was refused, and there is no connection that might come free, it is known now
 * that the database is away: who waits is sent away, and so is who comes, until a try succeeds. The
 * pool goes on trying by itself while it has fewer idle connections than it wants, at least every
 * five seconds. Should it not, a refusal counts for no longer than that.
 *
 * Only its interrupt ends a wait in the pool. It must not hit what the thread does afterwards: each
 * wait ends once, either here or there.
 */

/**
 * The connections of a pool: nobody waits for one of a database that is known to be away.
 * Thread-safe; blocks. Whoever opens it closes it.
 */
final class Connections implements AutoCloseable {
  /** Longer than HikariCP waits between two tries. */
  private static final long REFUSAL_NS = Duration.ofSeconds(6).toNanos();

  private static final String STARTS_OR_STOPS = "57P03";

  private record Refusal(SQLException why, long atNs) {}

  private enum Stage {
    WAITING,
    INTERRUPTING,
    INTERRUPTED,
    ENDED
  }

  /** A thread that waits for a connection. */
  private static final class Wait {
    private final Thread thread = Thread.currentThread();
    private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.WAITING);

    void interrupt() {
      if (stage.compareAndSet(Stage.WAITING, Stage.INTERRUPTING)) {
        thread.interrupt();
        stage.set(Stage.INTERRUPTED);
      }
    }

    boolean isInterrupted() {
      return stage.get() != Stage.WAITING;
    }

    /** By the thread itself, which knows of no interrupt any more then. */
    void end() {
      if (stage.compareAndSet(Stage.WAITING, Stage.ENDED)) {
        return;
      }
      while (stage.get() != Stage.INTERRUPTED) {
        Thread.onSpinWait();
      }
      var _ = Thread.interrupted();
    }
  }

  private final HikariDataSource pool;
  private final Set<Wait> waits = ConcurrentHashMap.newKeySet();
  private final AtomicReference<@Nullable Refusal> refusal = new AtomicReference<>();

  /**
   * Opens a pool, whose first connection is made in the background.
   *
   * @param config says where and how
   */
  Connections(HikariConfig config) {
    config.setDataSource(WatchedSource.of(config, this::connected, this::failed));
    config.setUsername(null);
    config.setPassword(null);
    this.pool = new HikariDataSource(config);
  }

  /** Returns one; closing it gives it back. */
  Connection take() throws SQLException {
    Wait wait = new Wait();
    waits.add(wait);
    try {
      Refusal known = known(); // behind the wait: whoever is refused later ends it
      if (known != null) {
        throw away(known);
      }
      return pool.getConnection();
    } catch (SQLException e) {
      Refusal last = refusal.get();
      throw wait.isInterrupted() && last != null ? away(last) : e;
    } finally {
      waits.remove(wait);
      wait.end();
    }
  }

  /** Returns the most there will be. */
  int most() {
    return pool.getMaximumPoolSize();
  }

  /** Returns how many there are, by {@code kind}; 0 before the first. */
  int count(ToIntFunction<HikariPoolMXBean> kind) {
    HikariPoolMXBean bean = pool.getHikariPoolMXBean();
    return bean == null ? 0 : kind.applyAsInt(bean);
  }

  private @Nullable Refusal known() {
    Refusal last = refusal.get();
    boolean counts = last != null && System.nanoTime() - last.atNs < REFUSAL_NS;
    return counts && isEmpty() ? last : null;
  }

  private boolean isEmpty() {
    return count(HikariPoolMXBean::getTotalConnections) == 0;
  }

  private static SQLException away(Refusal known) {
    SQLException why = known.why;
    return new SQLTransientConnectionException(why.getMessage(), why.getSQLState(), why);
  }

  private void connected() {
    refusal.set(null);
  }

  private void failed(SQLException why) {
    if (!isRefusal(why)) {
      refusal.set(null); // it may be there, only slow
      return;
    }
    refusal.set(new Refusal(why, System.nanoTime()));
    if (isEmpty()) {
      waits.forEach(Wait::interrupt);
    }
  }

  /** Whether nobody listens there, or the server says that it takes nobody now. */
  static boolean isRefusal(SQLException why) {
    return STARTS_OR_STOPS.equals(why.getSQLState()) || why.getCause() instanceof ConnectException;
  }

  @Override
  public void close() {
    pool.close();
  }
}
