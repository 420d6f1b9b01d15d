package dev.nearside.proxy.capture;

import dev.nearside.proxy.tier.database.DirectConnections;
import dev.nearside.proxy.tier.database.MisfitException;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Why Redis keeps nothing that is older than the database, while the gate is open.
 *
 *   S  the slot is made       every commit is before it, or will be told
 *   V  queries see all commits before S
 *   F  leases, then keys, are deleted in Redis
 *   O  the gate opens
 *
 * No lease is given while the gate is shut; in a cluster, not for long (GateWatch), and F comes after
 * that. So what is put into Redis until O is put there under a
 * lease that was taken before, and is gone after F; a lease taken after O is of a read that came
 * after V, which sees all that will not be told. What is told is deleted, with its lease, when
 * queries see it: then a lease that was taken before is gone, and a read behind it sees the commit.
 *
 * The reader dies: the gate's time ends, and no lease is given until another has opened it, behind
 * an F of his own. Until that F, Redis may have what is older than the database; what was read
 * through a shut gate is not put there. His deletions in Redis end with his connection; one that was sent before
 * does no harm.
 */

/** One time of reading changes, from the making of a slot until something ends it. Blocks. */
final class CaptureSession {
  private static final Logger log = LoggerFactory.getLogger(CaptureSession.class);

  /** Bound on a connect, and on a statement: less than the gate stays ours without a word. */
  static final Duration LIMIT = Duration.ofSeconds(2);

  private static final int KEYS_AT_ONCE = 500;
  private static final long POLL_MS = 100;
  private static final long PATIENCE_NS = Duration.ofSeconds(1).toNanos();
  private static final long BEAT_NS = Duration.ofSeconds(1).toNanos();
  private static final int BEATS_OF_CHECK = 10;
  private static final long MOST_PAUSE_MS = 20;

  private static final String SLOT =
      "SELECT count(*) FROM pg_replication_slots WHERE slot_name = ? AND active";

  private static final String OLDEST =
      """
      SELECT format('one of user %s, application "%s", process %s, open for %s s', usename,
        application_name, pid, extract(epoch FROM clock_timestamp() - xact_start)::int8)
      FROM pg_stat_activity
      WHERE backend_xid IS NOT NULL AND xact_start IS NOT NULL
      ORDER BY xact_start LIMIT 1
      """;

  private final Captured captured;
  private final CaptureCheck check;
  private final Tenure tenure;
  private final CaptureMeasures measures;
  private final Connection queries;
  private final Snapshots snapshots;
  private final KeyFlush flush;
  private long beatNs = System.nanoTime();
  private int beats;

  /**
   * Creates one.
   *
   * @param queries a connection for questions, which stays the caller's
   */
  CaptureSession(
      Captured captured,
      CaptureCheck check,
      Tenure tenure,
      CaptureMeasures measures,
      Connection queries) {
    this.captured = captured;
    this.check = check;
    this.tenure = tenure;
    this.measures = measures;
    this.queries = queries;
    this.snapshots = new Snapshots(queries);
    this.flush = new KeyFlush(captured, tenure);
  }

  /**
   * Reads changes; never returns.
   *
   * @throws CaptureEndedException when it has to begin anew, or to end
   * @throws MisfitException if the database is not fit for it, or no longer
   */
  void run(DirectConnections connections)
      throws CaptureEndedException, SQLException, InterruptedException {
    Map<Integer, CapturedTable> tables = check.check(queries);
    SlotStream slot =
        new SlotStream(check.replicate(connections, LIMIT, queries), captured.publication());
    try (ChangeFeed feed = new ChangeFeed(slot, captured, tables)) {
      String snapshot = snapshots.of(made(feed.make()));
      feed.start();
      for (long pauseMs = 1; !snapshots.cover(snapshot); pauseMs = longer(pauseMs)) {
        tenure.pause(pauseMs);
      }
      tenure.settle();
      flush();
      tenure.open();
      measures.state(CaptureMeasures.State.READING);
      log.info("changes of {} are read from slot {}", captured, slot.name());
      while (true) {
        tenure.keep();
        beat(slot.name());
        Changes next = feed.next(POLL_MS);
        if (next != null) {
          apply(all(next, feed), slot);
        }
      }
    }
  }

  private String made(CompletableFuture<String> making)
      throws CaptureEndedException, SQLException, InterruptedException {
    long startedNs = System.nanoTime();
    boolean told = false;
    while (!making.isDone()) {
      tenure.pause(5);
      if (!told && System.nanoTime() - startedNs > PATIENCE_NS) {
        told = true;
        log.warn(
            "the slot for changes of {} is not made before every transaction has ended that is open"
                + " now: {}; meanwhile nothing of these tables is put into Redis",
            captured,
            oldestTransaction());
        flush(); // who knows for how long
      }
    }
    try {
      return making.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SQLException failure) {
        throw failure;
      }
      throw new CaptureEndedException("no slot can be made: " + e.getCause(), e);
    }
  }

  private String oldestTransaction() throws SQLException {
    try (Statement statement = queries.createStatement();
        ResultSet row = statement.executeQuery(OLDEST)) {
      return row.next() ? row.getString(1) : "this user may not see whose";
    }
  }

  private void flush() throws CaptureEndedException, InterruptedException {
    flush.flush(captured.covered());
    measures.flushed();
  }

  /** The slot may be gone while nothing comes from it, and the tables may be other ones by now. */
  private void beat(String slot) throws CaptureEndedException, SQLException {
    long nowNs = System.nanoTime();
    if (nowNs - beatNs < BEAT_NS) {
      return;
    }
    beatNs = nowNs;
    try (PreparedStatement statement = queries.prepareStatement(SLOT)) {
      statement.setString(1, slot);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next() || row.getLong(1) == 0) {
          throw new CaptureEndedException("its slot is gone");
        }
      }
    }
    if (++beats % BEATS_OF_CHECK == 0) {
      check.check(queries);
    }
  }

  private static List<Changes> all(Changes first, ChangeFeed feed)
      throws CaptureEndedException, InterruptedException {
    List<Changes> all = new ArrayList<>(List.of(first));
    int keys = first.keys().size();
    for (Changes more = first; more != null && keys < ChangeReader.MOST_KEYS; ) {
      more = feed.next(0);
      if (more != null) {
        keys += more.keys().size();
        all.add(more);
      }
    }
    return all;
  }

  private void apply(List<Changes> all, SlotStream slot)
      throws CaptureEndedException, SQLException, InterruptedException {
    List<Changes> some = all.stream().filter(each -> !each.isEmpty()).toList();
    if (!some.isEmpty()) {
      Set<Integer> xids = some.stream().map(Changes::xid).collect(Collectors.toSet());
      for (long pauseMs = 1; !snapshots.see(xids); pauseMs = longer(pauseMs)) {
        tenure.pause(pauseMs);
      }
      Set<ByteBuffer> keys = new LinkedHashSet<>();
      some.forEach(each -> each.keys().forEach(key -> keys.add(ByteBuffer.wrap(key))));
      forget(keys);
      var flushed = new HashSet<>(some.getFirst().flushed());
      some.forEach(each -> flushed.addAll(each.flushed()));
      if (!flushed.isEmpty()) {
        flush.flush(flushed);
        measures.flushed();
      }
      tenure.keep(); // before the database is told that it was done
      measures.applied(some.getFirst().committedUs());
    }
    for (Changes each : all) {
      if (each.endLsn() != 0) {
        slot.acknowledge(each.endLsn());
      }
    }
  }

  private void forget(Collection<ByteBuffer> keys)
      throws CaptureEndedException, InterruptedException {
    List<byte[]> names = keys.stream().map(ByteBuffer::array).toList();
    for (int from = 0; from < names.size(); from += KEYS_AT_ONCE) {
      tenure.keep();
      List<byte[]> some = names.subList(from, Math.min(names.size(), from + KEYS_AT_ONCE));
      Tenure.await(tenure.link().forget(some));
      measures.deleted(some.size());
    }
  }

  private static long longer(long pauseMs) {
    return Math.min(2 * pauseMs, MOST_PAUSE_MS);
  }
}
