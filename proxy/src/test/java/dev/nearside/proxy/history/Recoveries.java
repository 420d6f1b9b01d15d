package dev.nearside.proxy.history;

import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Measures failovers as clients of the sidecars see them, one after the other. Its clients begin
 * when the old primary takes no more writes: the first one that succeeds is the next one's.
 */
final class Recoveries implements Failover.Watcher {
  private static final long STEP_NS = 2_000_000;
  private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(40);
  private static final String LOCAL = "local";

  private record Served(long writtenAtNs, long localAtNs) {}

  private final Field field;
  private final Failover.Way way;
  private final Queue<Recovery> measured;
  private final double[] movesBefore = new double[2];
  private final List<Future<Served>> clients = new ArrayList<>();
  private long begunAtNs;
  private long namedAtNs;

  /**
   * Creates the watch of one failover.
   *
   * @param measured gets what it finds
   */
  Recoveries(Field field, Failover.Way way, Queue<Recovery> measured) {
    this.field = field;
    this.way = way;
    this.measured = measured;
  }

  @Override
  public void begun(String stem) throws IOException {
    for (int sidecar = 0; sidecar < 2; sidecar++) {
      movesBefore[sidecar] = field.moves(sidecar);
    }
    begunAtNs = System.nanoTime();
    for (int sidecar = 0; sidecar < 2; sidecar++) {
      int port = field.port(sidecar);
      String own = stem + sidecar;
      clients.add(
          CompletableFuture.supplyAsync(() -> serve(port, own), Thread::startVirtualThread));
    }
  }

  @Override
  public void named() {
    namedAtNs = System.nanoTime();
  }

  @Override
  public void awaitMoved() {
    for (int sidecar = 0; sidecar < 2; sidecar++) {
      int one = sidecar;
      Waiting.until(
          "sidecar " + one + " goes to the next primary",
          () -> field.moves(one) > movesBefore[one]);
    }
  }

  @Override
  public void awaitServed() throws InterruptedException {
    field.failedOver();
    for (int sidecar = 0; sidecar < 2; sidecar++) {
      try {
        Served served = clients.get(sidecar).get();
        measured.add(
            new Recovery(
                way,
                sidecar,
                namedAtNs - begunAtNs,
                served.writtenAtNs - begunAtNs,
                served.localAtNs - begunAtNs));
      } catch (ExecutionException e) {
        throw new IllegalStateException("sidecar " + sidecar + " did not recover", e.getCause());
      }
    }
  }

  /** Writes until it is done, then reads until memory answers. */
  private static Served serve(int port, String key) {
    long writtenAtNs = await(port, wire -> wire.call("SET", key, "1", "EX", "60") == Sign.OK);
    long localAtNs = await(port, wire -> isLocal(wire, key));
    return new Served(writtenAtNs, localAtNs);
  }

  private static boolean isLocal(Wire wire, String key) throws IOException {
    wire.call("GET", key);
    return wire.call("NEARSIDE.EXPLAIN", key) instanceof List<?> fields
        && fields.indexOf(LOCAL) == fields.indexOf("answer") + 1;
  }

  private interface Attempt {
    boolean succeeds(Wire wire) throws IOException;
  }

  /** Returns when it succeeded; connects again whenever its connection is closed. */
  private static long await(int port, Attempt attempt) {
    long endNs = System.nanoTime() + PATIENCE_NS;
    while (System.nanoTime() - endNs < 0) {
      try (Wire wire = new OneWire(port)) {
        while (System.nanoTime() - endNs < 0) {
          if (attempt.succeeds(wire)) {
            return System.nanoTime();
          }
          LockSupport.parkNanos(STEP_NS);
        }
      } catch (IOException e) {
        LockSupport.parkNanos(STEP_NS); // closed by the move, or not yet let in
      }
    }
    throw new IllegalStateException("nothing succeeded at port " + port);
  }
}
