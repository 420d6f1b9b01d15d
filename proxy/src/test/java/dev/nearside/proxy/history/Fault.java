package dev.nearside.proxy.history;

import dev.nearside.proxy.scene.DelayingHop.Side;
import dev.nearside.proxy.scene.RespClient;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

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
      field.killRedis();
      pause(random.nextInt(300));
      field.restartRedis();
    }
  },
  /** Redis stands still for longer than the bound on staleness, or for less. */
  REDIS_STOPPED {
    @Override
    void strike(Field field, SplittableRandom random) {
      field.redis().pause();
      pause(random.nextInt(3 * (int) field.maxStaleness().toMillis()));
      field.redis().resume();
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
      field.hop(random.nextInt(2)).cut(random.nextInt(3) > 0 ? Side.TRACKED : Side.OTHERS);
    }
  },
  /** Nothing comes through any more, and nobody says so. */
  HALF_OPEN {
    @Override
    void strike(Field field, SplittableRandom random) {
      int one = random.nextInt(2);
      Side side = random.nextInt(3) > 0 ? Side.TRACKED : Side.OTHERS;
      field.hop(one).stall(side, true);
      pause(random.nextInt(3 * (int) field.maxStaleness().toMillis()));
      if (random.nextBoolean()) {
        field.hop(one).cut(side);
      }
      field.hop(one).stall(side, false);
    }
  },
  /** The tracked connections of a sidecar reach another Redis, an empty one. */
  OTHER_NODE {
    @Override
    void strike(Field field, SplittableRandom random) {
      int one = random.nextInt(2);
      field.hop(one).redirectTracked(field.otherPort());
      field.hop(one).cut(Side.TRACKED);
      pause(300 + random.nextInt(500));
      field.hop(one).redirectTracked(field.redis().port());
      field.hop(one).cut(Side.TRACKED);
    }
  },
  /** More keys are read than Redis is willing to remember. */
  EVICTION_STORM {
    @Override
    void strike(Field field, SplittableRandom random) throws IOException {
      try (RespClient direct = RespClient.connect(field.redis().port())) {
        direct.call("CONFIG", "SET", "tracking-table-max-keys", "1000");
      }
      for (int i = 0; i < 2; i++) {
        try (Wire reader = new Wire(field.port(i))) {
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
      try (RespClient direct = RespClient.connect(field.redis().port())) {
        direct.call("ACL", "SETUSER", "default", "-client|tracking");
        field.killTracked();
        pause(200 + random.nextInt(500));
        direct.call("ACL", "SETUSER", "default", "+client|tracking");
      }
    }
  };

  private static final int MANY_KEYS = 3_000;
  private static final int AT_ONCE = 50;

  /** Strikes once, and heals. */
  abstract void strike(Field field, SplittableRandom random)
      throws IOException, InterruptedException;

  /** Returns whether the sidecars have to be processes of their own. */
  boolean needsProcesses() {
    return false;
  }

  private static void pause(long ms) {
    long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
    for (long leftNs = endNs - System.nanoTime(); leftNs > 0; leftNs = endNs - System.nanoTime()) {
      LockSupport.parkNanos(leftNs);
    }
  }
}
