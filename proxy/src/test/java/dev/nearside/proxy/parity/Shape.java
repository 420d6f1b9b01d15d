package dev.nearside.proxy.parity;

import dev.nearside.proxy.scene.RedisProgram;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.util.Locale;

/**
 * How a sidecar reaches Redis, and how clients reach the sidecar. Another one is a constant here
 * and an {@link Upstream} of its own; the streams, the comparison and the report are the same.
 */
enum Shape {
  /** In clear, by TCP, on both sides. */
  PLAIN("") {
    @Override
    Upstream start(RedisProgram program, String... serverArgs) {
      return PlainUpstream.start(program, serverArgs);
    }
  },
  /** By TLS on both sides. */
  TLS("clients reach the sidecar by TLS, and the sidecar Redis by TLS") {
    @Override
    boolean playsOn(RedisProgram program) {
      return program.hasTls();
    }

    @Override
    Upstream start(RedisProgram program, String... serverArgs) throws Exception {
      return TlsUpstream.start(program, serverArgs);
    }
  },
  /** By Unix sockets on both sides. */
  UNIX("clients reach the sidecar by a Unix socket, and the sidecar Redis by another") {
    @Override
    boolean playsOn(RedisProgram program) {
      return Epoll.isAvailable(); // which the tracked connection needs for one
    }

    @Override
    Upstream start(RedisProgram program, String... serverArgs) throws Exception {
      return UnixUpstream.start(program, serverArgs);
    }
  },
  /** In clear, by TCP, behind sentinels. */
  SENTINEL("each is a primary with a replica under three sentinels, which name it to the sidecar") {
    @Override
    Upstream start(RedisProgram program, String... serverArgs) throws IOException {
      return SentinelUpstream.start(program, serverArgs);
    }

    @Override
    Upstream startDirect(RedisProgram program, String... serverArgs) throws IOException {
      return SentinelUpstream.start(program, serverArgs);
    }
  },
  /** Behind sentinels, all of it by TLS. */
  SENTINEL_TLS(
      "each is a primary with a replica under three sentinels, which name it to the sidecar; clients"
          + " reach the sidecar by TLS, and so do the sidecar and all that is behind it each other") {
    @Override
    boolean playsOn(RedisProgram program) {
      return program.hasTls();
    }

    @Override
    Upstream start(RedisProgram program, String... serverArgs) throws Exception {
      return SentinelTlsUpstream.start(program, serverArgs);
    }

    @Override
    Upstream startDirect(RedisProgram program, String... serverArgs) throws IOException {
      return SentinelUpstream.start(program, serverArgs);
    }
  },
  /** In front of a cluster, compared with one Redis. */
  CLUSTER(
      "behind it are three primaries of a cluster; what is different by README.md, \"Through a"
          + " cluster, unlike one Redis\", was told before it was sent, and is counted below") {
    @Override
    boolean playsOn(RedisProgram program) {
      return program.isAtLeast(7);
    }

    @Override
    Upstream start(RedisProgram program, String... serverArgs) throws IOException {
      return ClusterUpstream.start(program, serverArgs);
    }
  };

  private final String words;

  /**
   * @param words what the report says of the way from a client to Redis; nothing of the plain one
   */
  Shape(String words) {
    this.words = words;
  }

  /** Starts what is to be behind the sidecar, empty; the servers have these arguments, too. */
  abstract Upstream start(RedisProgram program, String... serverArgs) throws Exception;

  /** Starts the same kind of servers, empty, to be spoken to directly: by TCP, in clear. */
  Upstream startDirect(RedisProgram program, String... serverArgs) throws IOException {
    return PlainUpstream.start(program, serverArgs);
  }

  /** Returns whether this machine can play it on such a Redis. */
  boolean playsOn(RedisProgram program) {
    return true;
  }

  /** Returns the name of the report without its ending. */
  String report() {
    return this == PLAIN ? "parity" : "parity-" + name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Returns how the report goes on where it says what was compared. */
  String remark() {
    return words.isEmpty() ? "" : "; " + words;
  }

  /** Returns what plays it again. */
  String option() {
    return this == PLAIN ? "" : " -Dparity.shape=" + this;
  }
}
