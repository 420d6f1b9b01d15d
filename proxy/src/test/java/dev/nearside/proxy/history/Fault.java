package dev.nearside.proxy.history;

import dev.nearside.proxy.history.Failover.Way;
import dev.nearside.proxy.scene.DelayingHop;
import dev.nearside.proxy.scene.DelayingHop.Side;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** What befalls a run. Each strikes once and is over when the method returns. */
enum Fault {
  NONE {
    @Override
    void strike(Field field, SplittableRandom random) {}
  },
  /** Redis is killed and comes back with all that it had acknowledged. */
  REDIS_KILLED {
    @Override
    void strike(Field field, SplittableRandom random) {
      field.oneRedis().kill();
      pause(random.nextInt(300));
      field.oneRedis().restart();
    }

    @Override
    boolean befalls(Shape shape) {
      return shape == Shape.SINGLE;
    }
  },
  /** Redis stands still for longer than the bound on staleness, or for less. */
  REDIS_STOPPED {
    @Override
    void strike(Field field, SplittableRandom random) throws IOException {
      field.servers().pause();
      pause(random.nextInt(3 * (int) field.maxStaleness().toMillis()));
      field.servers().resume();
    }
  },
  TRACKED_KILLED {
    @Override
    void strike(Field field, SplittableRandom random) throws IOException {
      field.killTracked();
    }
  },
  SOCKETS_CUT {
    @Override
    void strike(Field field, SplittableRandom random) {
      List<DelayingHop> hops = field.hops(random.nextInt(2));
      Side side = random.nextInt(3) > 0 ? Side.TRACKED : Side.OTHERS;
      hops.forEach(hop -> hop.cut(side));
    }
  },
  /** Nothing comes through any more, and nobody says so. */
  HALF_OPEN {
    @Override
    void strike(Field field, SplittableRandom random) {
      List<DelayingHop> hops = field.hops(random.nextInt(2));
      Side side = random.nextInt(3) > 0 ? Side.TRACKED : Side.OTHERS;
      hops.forEach(hop -> hop.stall(side, true));
      pause(random.nextInt(3 * (int) field.maxStaleness().toMillis()));
      if (random.nextBoolean()) {
        hops.forEach(hop -> hop.cut(side));
      }
      hops.forEach(hop -> hop.stall(side, false));
    }
  },
  /** The tracked connections of a sidecar reach another Redis, an empty one. */
  OTHER_NODE {
    @Override
    void strike(Field field, SplittableRandom random) {
      List<DelayingHop> hops = field.hops(random.nextInt(2));
      redirectTracked(hops, field.oneRedis().otherPort());
      pause(300 + random.nextInt(500));
      redirectTracked(hops, field.oneRedis().port());
    }

    private void redirectTracked(List<DelayingHop> hops, int port) {
      hops.forEach(hop -> hop.redirectTracked(port));
      hops.forEach(hop -> hop.cut(Side.TRACKED));
    }

    @Override
    boolean befalls(Shape shape) {
      return shape == Shape.SINGLE;
    }
  },
  /** More keys are read than Redis is willing to remember. */
  EVICTION_STORM {
    @Override
    void strike(Field field, SplittableRandom random) throws IOException {
      field.tellEach("CONFIG", "SET", "tracking-table-max-keys", "1000");
      for (int i = 0; i < 2; i++) {
        try (Wire reader = new OneWire(field.port(i))) {
          for (int key = 0; key < MANY_KEYS; key += AT_ONCE) {
            readMany(reader, key);
          }
        }
      }
    }

    private void readMany(Wire reader, int first) throws IOException {
      for (int i = 0; i < AT_ONCE; i++) {
        reader.add(List.of("GET", "many" + (first + i)));
      }
      reader.flush();
      for (int i = 0; i < AT_ONCE; i++) {
        reader.read();
      }
    }
  },
  /** The first sidecar's process stands still. */
  SIDECAR_STOPPED {
    @Override
    void strike(Field field, SplittableRandom random) {
      field.process().pause();
      pause(random.nextInt(3 * (int) field.maxStaleness().toMillis()));
      field.process().resume();
    }

    @Override
    boolean needsProcesses() {
      return true;
    }
  },
  SIDECAR_KILLED {
    @Override
    void strike(Field field, SplittableRandom random) throws IOException, InterruptedException {
      field.process().killAndRestart();
      pause(1_000);
    }

    @Override
    boolean needsProcesses() {
      return true;
    }
  },
  /** The tracked connections end, and the sidecars' user may not track for a while. */
  TRACKING_REFUSED {
    @Override
    void strike(Field field, SplittableRandom random) throws IOException {
      field.tellEach("ACL", "SETUSER", "default", "-client|tracking");
      field.killTracked();
      pause(200 + random.nextInt(500));
      field.tellEach("ACL", "SETUSER", "default", "+client|tracking");
    }
  },
  /** The primary hands over to a replica. */
  HANDED_OVER(Way.HANDED_OVER),
  /** The primary is killed, and comes back when another has taken its place. */
  PRIMARY_KILLED(Way.KILLED),
  /** The primary hangs, and goes on as if nothing was when another has taken its place. */
  PRIMARY_HUNG(Way.HUNG),
  /** A slot in which there are keys goes to another primary of the cluster. */
  SLOT_MOVED {
    @Override
    void strike(Field field, SplittableRandom random) throws IOException {
      field.cluster().moveSlot(random);
    }

    @Override
    boolean befalls(Shape shape) {
      return shape == Shape.CLUSTER;
    }

    @Override
    boolean needsHops() {
      return false;
    }

    @Override
    long restNs() {
      return BETWEEN_SLOTS_NS;
    }
  };

  private static final int MANY_KEYS = 3_000;
  private static final int AT_ONCE = 50;
  private static final int LONGEST_AWAY_MS = 1_000;
  private static final long REST_NS = TimeUnit.MILLISECONDS.toNanos(700);
  private static final long BETWEEN_SLOTS_NS = TimeUnit.MILLISECONDS.toNanos(20);

  private final @Nullable Way way;

  Fault() {
    this(null);
  }

  /** A failover. */
  Fault(@Nullable Way way) {
    this.way = way;
  }

  /** Strikes once, and heals. */
  void strike(Field field, SplittableRandom random) throws IOException, InterruptedException {
    Way of = Objects.requireNonNull(way);
    field.failOver(of, of == Way.HANDED_OVER ? 0 : random.nextInt(LONGEST_AWAY_MS));
  }

  /** Returns the least time from one strike to the next. */
  long restNs() {
    return REST_NS;
  }

  /** Returns whether it strikes what lies between the sidecars and the servers. */
  boolean needsHops() {
    return this != NONE && !isFailover();
  }

  /** Returns whether the sidecars have to be processes of their own. */
  boolean needsProcesses() {
    return false;
  }

  /** Returns whether another node becomes the primary; its {@link Recovery} is measured then. */
  boolean isFailover() {
    return way != null;
  }

  /** Returns whether it can happen to servers of this shape. */
  boolean befalls(Shape shape) {
    return !isFailover() || shape != Shape.SINGLE;
  }

  /** Lets time pass. */
  static void pause(long ms) {
    long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
    for (long leftNs = endNs - System.nanoTime(); leftNs > 0; leftNs = endNs - System.nanoTime()) {
      LockSupport.parkNanos(leftNs);
    }
  }
}
