package dev.nearside.benchmarks.demo;

import dev.nearside.benchmarks.servers.ServerException;
import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What was started, in order, with a line of progress each; closed in the opposite order.
 *
 * <p>Thread-safe: a close waits for the step that is under way, and no step begins after it.
 */
final class Steps {
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private final PrintStream out;
  private final long beganNs = System.nanoTime();
  private boolean closed;

  Steps(PrintStream out) {
    this.out = out;
  }

  /**
   * Starts something that {@link #close} will close.
   *
   * @throws ServerException if it cannot be started, or if everything was closed meanwhile
   */
  <T extends AutoCloseable> T start(String name, Callable<T> step) {
    return timed(
        name,
        () -> {
          T part = step.call();
          started.push(part);
          return part;
        });
  }

  /** Does something that leaves nothing to close; fails as {@link #start} does. */
  void run(String name, Step step) {
    timed(
        name,
        () -> {
          step.run();
          return name;
        });
  }

  /** Closes what was started, once; returns whether this call did. */
  boolean close() {
    lock.lock();
    try {
      boolean first = !closed;
      closed = true;
      while (!started.isEmpty()) {
        close(started.pop());
      }
      return first;
    } finally {
      lock.unlock();
    }
  }

  private <T> T timed(String name, Callable<T> step) {
    lock.lock();
    try {
      if (closed) {
        throw new ServerException("stopped before " + name + " was started.");
      }
      T result = step.call();
      long elapsedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNs);
      out.printf("%5.1f s  %s%n", elapsedMs / 1000.0, name);
      return result;
    } catch (ServerException e) {
      throw e;
    } catch (Exception e) {
      throw new ServerException(name + " cannot be started: " + e.getMessage(), e);
    } finally {
      lock.unlock();
    }
  }

  private void close(AutoCloseable part) {
    try {
      part.close();
    } catch (Exception e) {
      out.println("could not be stopped: " + e.getMessage());
    }
  }

  /** An action that may fail. */
  @FunctionalInterface
  interface Step {
    void run() throws Exception;
  }
}
