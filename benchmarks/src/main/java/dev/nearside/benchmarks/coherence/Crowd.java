package dev.nearside.benchmarks.coherence;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;

/** Clients that read one key each at a steady pace and remember every answer. */
final class Crowd {
  private final int port;
  private final String key;
  private final Duration pace;
  private final ConcurrentLinkedQueue<Read> reads = new ConcurrentLinkedQueue<>();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stopped;

  /** One read and its end. */
  record Read(long sentNs, long endedNs, boolean answered) {
    double ms() {
      return (endedNs - sentNs) / 1e6;
    }
  }

  private Crowd(int port, String key, Duration pace) {
    this.port = port;
    this.key = key;
    this.pace = pace;
  }

  static Crowd start(int port, String key, int clients, Duration pace) {
    Crowd crowd = new Crowd(port, key, pace);
    for (int i = 0; i < clients; i++) {
      crowd.threads.add(Thread.ofPlatform().daemon().name("crowd-" + i).start(crowd::read));
    }
    return crowd;
  }

  private void read() {
    try (Redial client = new Redial(port)) {
      while (!stopped) {
        readOnce(client);
        Poll.pause(pace);
      }
    } catch (IOException e) {
      // it was closed already
    }
  }

  private void readOnce(Redial client) {
    long sentNs = System.nanoTime();
    boolean answered = true;
    try {
      client.call("GET", key);
    } catch (IOException e) {
      answered = false;
    }
    reads.add(new Read(sentNs, System.nanoTime(), answered));
  }

  /** Ends it and returns all reads that fit. */
  List<Read> end(Predicate<Read> which) throws InterruptedException {
    stopped = true;
    for (Thread thread : threads) {
      thread.join();
    }
    return reads.stream().filter(which).toList();
  }
}
