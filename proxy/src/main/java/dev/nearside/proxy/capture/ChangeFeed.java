package dev.nearside.proxy.capture;

import dev.nearside.proxy.tier.database.DirectConnections;
import dev.nearside.proxy.tier.database.MisfitException;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads a slot on a virtual thread of its own, so that the database hears from it whatever else
 * takes its time, and hands on what is to be deleted. What it has waiting is bounded.
 */
final class ChangeFeed implements AutoCloseable {
  private static final int WAITING = 64;
  private static final long ANSWER_MS = 250;

  private final SlotStream slot;
  private final ChangeReader reader;
  private final BlockingQueue<Changes> read = new ArrayBlockingQueue<>(WAITING);
  private final CompletableFuture<String> made = new CompletableFuture<>();
  private final CountDownLatch wanted = new CountDownLatch(1);
  private final CompletableFuture<Void> end = new CompletableFuture<>();

  /**
   * Creates one that does nothing yet.
   *
   * @param slot is closed with it
   * @param tables the captured ones by their number in the database
   */
  ChangeFeed(SlotStream slot, Captured captured, Map<Integer, CapturedTable> tables) {
    this.slot = slot;
    this.reader = new ChangeReader(captured, tables);
  }

  /**
   * Has the slot made.
   *
   * @return completed with the snapshot it begins behind, or how it failed
   */
  CompletableFuture<String> make() {
    Thread.ofVirtual().name("nearside-capture-log").start(this::run);
    return made;
  }

  /** Has it read; the snapshot is gone from now on. */
  void start() {
    wanted.countDown();
  }

  /**
   * Returns what comes next, or null where nothing does within {@code millis}.
   *
   * @throws CaptureEndedException if nothing more will come
   * @throws MisfitException if a table does not tell its rows' keys any more
   */
  @Nullable Changes next(long millis) throws CaptureEndedException, InterruptedException {
    Changes next = read.poll();
    if (next == null && end.isDone()) {
      Throwable why = end.handle((nothing, failure) -> failure).join();
      if (why instanceof UnfitTableException unfit) {
        throw new MisfitException(List.of(String.valueOf(unfit.getMessage())));
      }
      throw new CaptureEndedException(
          "the log of changes cannot be read: "
              + (why instanceof SQLException said ? DirectConnections.saidOf(said) : why),
          why == null ? new IllegalStateException() : why);
    }
    return next == null && millis > 0 ? read.poll(millis, TimeUnit.MILLISECONDS) : next;
  }

  private void run() {
    try {
      made.complete(slot.make());
      wanted.await();
      slot.start();
      while (true) {
        Changes changes = reader.take(PgOutput.read(slot.read()));
        while (changes != null && !read.offer(changes, ANSWER_MS, TimeUnit.MILLISECONDS)) {
          slot.answer();
        }
      }
    } catch (Exception e) { // the rim of this virtual thread
      made.completeExceptionally(e);
      end.completeExceptionally(e);
    }
  }

  @Override
  public void close() {
    slot.close();
    wanted.countDown();
    read.clear();
  }
}
