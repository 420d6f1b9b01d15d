package dev.nearside.proxy.tier.database;

import com.zaxxer.hikari.HikariPoolMXBean;
import dev.nearside.proxy.config.DatabaseRows.Table;
import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.Answer;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.Ticks;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/*
 * Concurrent misses of a namespace become one statement. A read goes into its namespace's queue;
 * whenever one of the pool's connections is free, a virtual thread takes up to maxBatch keys from
 * the queue and asks for all of them at once. Under no load a batch is one key and waits for
 * nothing; under load batches grow by themselves while connections are busy.
 *
 * Time: a read's deadline runs from the call. It is kept by the ticks of this tier, which complete
 * the answer whatever the statement does, so an answer is on time even when the server, its machine
 * or the network says nothing more. What frees the connection comes after: the server's own
 * statement_timeout, then our cancel, then the socket's time-out.
 *
 * A statement that fails on its data (class 22) is tried again in halves: one key that the query
 * cannot digest must not fail the keys that happened to be asked with it.
 */

/**
 * L3: reads rows by key, many keys in one statement. Thread-safe; whoever builds it closes it.
 *
 * <p>Never blocks its callers. Answers that need the database are completed on a virtual thread;
 * what is attached to them must not block it, least of all its timer.
 */
public final class DatabaseTier implements AutoCloseable {

  /**
   * How the database is reached.
   *
   * @param url a JDBC URL, {@code jdbc:postgresql://…}; its own parameters win over this tier's
   * @param user its user, or null
   * @param password its password, or null
   * @param poolSize connections, and so the most concurrent statements
   * @param timeout bound on one read: queueing, connection and statement together
   * @param maxBatch the most keys in one statement
   * @param maxWaiting the most reads waiting in one namespace
   */
  public record Settings(
      String url,
      @Nullable String user,
      @Nullable String password,
      int poolSize,
      Duration timeout,
      int maxBatch,
      int maxWaiting) {
    @Override
    public String toString() {
      return "database of " + poolSize + " connections, timeout " + timeout; // no secrets
    }
  }

  private final Settings settings;
  private final Connections pool;
  private final Map<Namespace, ReadQueue> queues = new LinkedHashMap<>();
  private final Turns turns;
  private final Failures failures = new Failures(System::nanoTime);
  private final ScheduledThreadPoolExecutor deadlines;
  private final Ticks ticks;
  private final LongAdder statements = new LongAdder();
  private final Measures measures;
  private volatile Supplier<Runnable> answering = () -> () -> {};
  private final FirstCheck check;
  private final StoreCleaner cleaner;
  private final AtomicBoolean stopping = new AtomicBoolean();

  /** As the other constructor, where complaints begin with the names of namespaces. */
  public DatabaseTier(Settings settings, Collection<Namespace> namespaces, Metrics metrics) {
    this(settings, namespaces, Namespace::name, metrics);
  }

  /**
   * Builds the tier; connects, and compares the namespaces with the database, in the background.
   *
   * @param namespaces those that may be read; the ones without rows are left out
   * @param subjects what complaints about a namespace begin with: where its rows are named
   * @throws IllegalArgumentException if a query is malformed or the URL is not PostgreSQL's
   */
  public DatabaseTier(
      Settings settings,
      Collection<Namespace> namespaces,
      Function<Namespace, String> subjects,
      Metrics metrics) {
    this.measures = Measures.of(metrics);
    DirectConnections direct = new DirectConnections(settings);
    StoreLayout layout = new StoreLayout(settings, true);
    for (Namespace namespace : namespaces) {
      if (namespace.readsDatabase()) {
        queues.put(
            namespace,
            new ReadQueue(
                namespace.name(),
                subjects.apply(namespace),
                RowsByKey.of(namespace, layout),
                settings.maxWaiting()));
      }
    }
    this.settings = settings;
    this.turns = new Turns(settings, queues.size(), this::readBatch, this::schedule);
    this.ticks = new Ticks(this::schedule);
    this.deadlines =
        new ScheduledThreadPoolExecutor(
            1,
            Thread.ofVirtual().name("nearside-database-deadlines").factory(),
            new ThreadPoolExecutor.DiscardPolicy()); // after the stop, which answers by itself
    deadlines.setRemoveOnCancelPolicy(true);
    this.pool = connectionPool(settings);
    this.check = new FirstCheck(gates(queues), direct, this::schedule);
    this.cleaner = new StoreCleaner(direct, StoreCleaner.Pace.DEFAULT, metrics);
    check.start();
    if (namespaces.stream().anyMatch(Namespace::keepsInStore)) {
      cleaner.start();
    }
  }

  /**
   * Waits until all namespaces were compared with the database, or it is known to be away: then
   * they are compared when it comes, and none of their reads is answered from it before. Blocks for
   * two seconds at most where it is away, and for ten where tables are made.
   *
   * @throws MisfitException if the database is not what the configuration says
   */
  public void awaitCheck() {
    List<String> misfits = check.await();
    if (!misfits.isEmpty()) {
      throw new MisfitException(misfits);
    }
  }

  private static List<FitGate> gates(Map<Namespace, ReadQueue> queues) {
    return queues.values().stream().map(ReadQueue::gate).toList();
  }

  /**
   * Returns what writes the namespaces that are written, with connections of its own, which it
   * opens in the background; null where none is. Whoever asks closes it.
   *
   * @param compressAboveBytes the long-term store has values of at least this size compressed
   */
  public @Nullable DatabaseWriter writer(int compressAboveBytes) {
    Map<Namespace, StringRows> tables = new HashMap<>();
    for (Namespace namespace : queues.keySet()) {
      NearsideConfig.DatabaseRead read = namespace.read();
      if (namespace.writesDatabase() && read != null) {
        tables.put(
            namespace,
            read.rows() instanceof Table table
                ? new TableRows(namespace.template(), table, read.value())
                : new StoredStrings(compressAboveBytes));
      }
    }
    return tables.isEmpty()
        ? null
        : new DatabaseWriter(ConnectionPool.openToWrite(settings), tables, failures);
  }

  /** Says how many connections there are; asked at a scrape. */
  public void exportPool(Metrics metrics) {
    metrics.gauge(
        Metric.DATABASE_POOL, () -> pool.count(HikariPoolMXBean::getActiveConnections), "active");
    metrics.gauge(
        Metric.DATABASE_POOL, () -> pool.count(HikariPoolMXBean::getIdleConnections), "idle");
    metrics.gauge(Metric.DATABASE_POOL_WAITING, this::waiting);
  }

  /**
   * Checks the query of a namespace without a database.
   *
   * @throws IllegalArgumentException if it cannot be used; says why
   */
  public static void checkQuery(NearsideConfig.Namespace namespace) {
    Namespace checked = Namespace.of(namespace);
    if (!checked.keepsInStore()) {
      RowsByKey.read(checked);
    }
  }

  /**
   * Reads the row of a key.
   *
   * <p>Answers {@code Hit} with the value column's text (bytes for bytea), {@code Miss} where there
   * is no row or its value is null, else {@code Unavailable}: TIMEOUT, DISCONNECTED, ERROR, and,
   * complete on return, SATURATED and STOPPING.
   *
   * @param key bytes that match the namespace's template; not kept
   * @throws IllegalArgumentException if the namespace has no rows here or the key is not its own
   */
  public CompletableFuture<Answer> read(Namespace namespace, byte[] key) {
    return read(namespace, key, settings.timeout().toNanos());
  }

  /** As {@link #read(Namespace, byte[])}, within {@code timeoutNanos}, at most the timeout. */
  public CompletableFuture<Answer> read(Namespace namespace, byte[] key, long timeoutNanos) {
    ReadQueue queue = queues.get(namespace);
    List<Object> parts = queue == null ? null : queue.rows().keyOf(key);
    if (queue == null || parts == null) {
      throw new IllegalArgumentException("a read that is not of namespace " + namespace);
    }
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    PendingRead read = new PendingRead(parts, answer, System.nanoTime() + timeoutNanos);
    if (stopping.get()) {
      read.unavailable(Reason.STOPPING);
    } else if (queue.add(read)) {
      ticks.add(read);
      turns.request(queue);
      if (stopping.get()) {
        answerWaiting();
      }
    } else {
      measures.rejected().increment();
      read.unavailable(Reason.SATURATED);
    }
    return answer;
  }

  /**
   * Runs {@code task}, which must not block, after {@code delayNanos} on this tier's timer; never
   * once it was closed.
   */
  public Future<?> schedule(Runnable task, long delayNanos) {
    return deadlines.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
  }

  /**
   * Has {@code begin} called before the reads of a statement are answered, one after the other on
   * one thread, and what it returns behind the last.
   */
  public void whenAnswering(Supplier<Runnable> begin) {
    answering = begin;
  }

  /** Returns how many reads wait for a statement, in all namespaces. */
  public int waiting() {
    return queues.values().stream().mapToInt(ReadQueue::size).sum();
  }

  /** Returns how many statements run, or wait for their connection. */
  public int running() {
    return turns.running();
  }

  /** Returns how many statements were sent since the start. */
  public long statements() {
    return statements.sum();
  }

  /**
   * Stops: from now on reads answer STOPPING, and so do those that wait; running statements have
   * until their deadline. Blocks its caller for that long at most; to be called off the event
   * loops.
   */
  @Override
  public void close() {
    if (!stopping.compareAndSet(false, true)) {
      return;
    }
    check.close();
    cleaner.close();
    answerWaiting();
    turns.drain(settings.timeout().plusMillis(500));
    answerWaiting();
    deadlines.shutdownNow();
    pool.close();
  }

  private static Connections connectionPool(Settings settings) {
    if (!settings.url().startsWith("jdbc:postgresql:")) {
      throw new IllegalArgumentException(
          "the database's URL is not PostgreSQL's; expected jdbc:postgresql://host:port/name");
    }
    return ConnectionPool.open(settings);
  }

  private void answerWaiting() {
    for (ReadQueue queue : queues.values()) {
      queue.take(Integer.MAX_VALUE).forEach(read -> read.unavailable(Reason.STOPPING));
    }
  }

  private void readBatch(ReadQueue queue) {
    List<PendingRead> batch = queue.take(queue.rows().mostKeys(settings.maxBatch()));
    turns.request(queue); // what is left may run beside this batch
    if (batch.isEmpty()) {
      return;
    }
    long startedNs = System.nanoTime();
    try (Connection connection = pool.take()) {
      boolean fits = queue.gate().misfit(connection, true) == null;
      if (fits) {
        readAll(connection, queue, batch);
      } else {
        fail(batch, Reason.MISFIT);
      }
      measures.ended(startedNs, batch.size(), fits ? null : Reason.MISFIT);
    } catch (SQLException failure) {
      Reason reason = failures.note(queue.namespace(), failure);
      measures.ended(startedNs, batch.size(), reason);
      Answer.Unavailable why = queue.rows().unavailable(failure, reason);
      batch.forEach(read -> read.unavailable(why));
    } catch (RuntimeException bug) { // the rim of this virtual thread
      Reason reason = failures.noteBug(queue.namespace(), bug);
      measures.ended(startedNs, batch.size(), reason);
      fail(batch, reason);
    }
  }

  private void readAll(Connection connection, ReadQueue queue, List<PendingRead> batch)
      throws SQLException {
    List<PendingRead> open = batch.stream().filter(PendingRead::isOpen).toList();
    if (open.isEmpty()) {
      return; // the connection came too late
    }
    Map<List<Object>, List<PendingRead>> byKey =
        open.stream().collect(Collectors.groupingBy(PendingRead::parts));
    try {
      statements.increment();
      Map<List<Object>, Answer> answers =
          queue.rows().run(connection, List.copyOf(byKey.keySet()), latestDeadline(open), ticks);
      Runnable answered = answering.get();
      try {
        byKey.forEach((parts, reads) -> answerAll(reads, answers.get(parts)));
      } finally {
        answered.run();
      }
    } catch (SQLException failure) {
      if (byKey.size() < 2 || !BatchStatement.mayBeOneKey(failure)) {
        throw failure;
      }
      readHalves(connection, queue, List.copyOf(byKey.values()));
    }
  }

  private void readHalves(Connection connection, ReadQueue queue, List<List<PendingRead>> groups) {
    int middle = groups.size() / 2;
    for (List<List<PendingRead>> half :
        List.of(groups.subList(0, middle), groups.subList(middle, groups.size()))) {
      List<PendingRead> reads = half.stream().flatMap(List::stream).toList();
      try {
        readAll(connection, queue, reads);
      } catch (SQLException failure) {
        fail(reads, failures.note(queue.namespace(), failure));
      }
    }
  }

  private static void answerAll(List<PendingRead> reads, @Nullable Answer found) {
    Answer answer = found == null ? Answer.Miss.INSTANCE : found;
    reads.forEach(read -> read.answer().complete(answer));
  }

  private static void fail(List<PendingRead> batch, Reason reason) {
    batch.forEach(read -> read.unavailable(reason));
  }

  private static long latestDeadline(List<PendingRead> batch) {
    long latest = batch.getFirst().deadlineNanos();
    for (PendingRead read : batch) {
      latest = read.deadlineNanos() - latest > 0 ? read.deadlineNanos() : latest;
    }
    return latest;
  }
}
