package dev.nearside.benchmarks.coherence;

import dev.nearside.benchmarks.servers.ErrorReplyException;
import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A client that reads one key as fast as it is answered and notes what it was told too late.
 *
 * <p>A read is stale when it was sent after the acknowledgement of a write that it does not show.
 * What was noted may be looked at when its thread has ended.
 */
final class Poller implements Runnable {
  private final int port;
  private final String key;
  private final Board board;
  private final long[] staleNs;
  private final long[] staleUntilReplyNs;
  private final List<Double> readUs = new ArrayList<>();
  private volatile boolean stopped;
  private volatile int shown;
  private long staleReads;
  private long reads;
  private long errors;
  private int wentBack;

  Poller(int port, String key, Board board, int writes) {
    this.port = port;
    this.key = key;
    this.board = board;
    this.staleNs = new long[writes + 1];
    this.staleUntilReplyNs = new long[writes + 1];
  }

  @Override
  public void run() {
    while (!stopped) {
      try (RedisConnection connection = RedisConnection.open(port)) {
        while (!stopped) {
          readOnce(connection);
        }
      } catch (IOException e) {
        errors++;
      }
    }
  }

  private void readOnce(RedisConnection connection) throws IOException {
    int acked = board.acked(); // first: whatever is acknowledged here was so before the sending
    long sentNs = System.nanoTime();
    try {
      String value = connection.call("GET", key);
      note(value.equals("(nil)") ? 0 : Integer.parseInt(value), acked, sentNs);
    } catch (ErrorReplyException e) {
      errors++;
    }
  }

  private void note(int value, int acked, long sentNs) {
    long answeredNs = System.nanoTime();
    reads++;
    readUs.add((answeredNs - sentNs) / 1e3);
    if (value < acked) {
      int missed = value + 1; // the oldest write that is not shown
      staleReads++;
      staleNs[missed] = Math.max(staleNs[missed], sentNs - board.ackedAtNs(missed));
      staleUntilReplyNs[missed] =
          Math.max(staleUntilReplyNs[missed], answeredNs - board.ackedAtNs(missed));
    }
    if (value < shown) {
      wentBack++;
    }
    shown = value;
  }

  void stop() {
    stopped = true;
  }

  /** Returns the number of the write that was last shown. */
  int shown() {
    return shown;
  }

  long staleNs(int write) {
    return staleNs[write];
  }

  long staleUntilReplyNs(int write) {
    return staleUntilReplyNs[write];
  }

  List<Double> readUs() {
    return readUs;
  }

  long staleReads() {
    return staleReads;
  }

  long reads() {
    return reads;
  }

  long errors() {
    return errors;
  }

  int wentBack() {
    return wentBack;
  }
}
