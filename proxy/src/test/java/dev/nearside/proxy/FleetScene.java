package dev.nearside.proxy;

import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** One Redis, a client that asks it directly, and sidecars before it, each with a client. */
final class FleetScene implements AutoCloseable {
  static final String YAML =
      """
      namespaces:
        user: {keys: 'user:{id}', tags: ['account:{id}', everybody]}
        order: {keys: 'order:{region}:{number:bigint}', tags: ['region:{region}']}
      """;

  /** A sidecar and a client of it. */
  static final class Member implements AutoCloseable {
    final Sidecar sidecar;
    final RespClient client;

    private Member(int port) throws IOException {
      sidecar = Sidecar.configured(YAML, port, "l1.admission-window=0s").awaitReady();
      client = sidecar.connect();
    }

    String call(String... args) throws IOException {
      return client.call(args);
    }

    /** Reads {@code key} and returns whether L1 answered. */
    boolean readsLocally(String key) throws IOException {
      double before = sidecar.metric(CoherenceScene.LOCAL_GETS);
      client.call("GET", key);
      return sidecar.metric(CoherenceScene.LOCAL_GETS) > before;
    }

    /** Reads keys until L1 answers each. */
    void hold(String... keys) {
      for (String key : keys) {
        Waiting.until(key + " is served from L1", () -> readsLocally(key));
      }
    }

    double invalidations(String cause) throws IOException {
      return sidecar.metric("nearside_invalidations_total{cause=\"" + cause + "\"}");
    }

    double repairs(String cause) throws IOException {
      return sidecar.metric("nearside_fleet_repairs_total{cause=\"" + cause + "\"}");
    }

    double messages(String event) throws IOException {
      return sidecar.metric("nearside_fleet_messages_total{event=\"" + event + "\"}");
    }

    @Override
    public void close() throws IOException {
      client.close();
      sidecar.close();
    }
  }

  final RedisServer redis;
  final RespClient direct;
  private final List<Member> members = new ArrayList<>();

  FleetScene() throws IOException {
    this(RedisServer.start());
  }

  FleetScene(RedisServer redis) throws IOException {
    this.redis = redis;
    direct = RespClient.connect(redis.port());
  }

  /** Starts one more sidecar; L1 is open when this returns. */
  Member join() throws IOException {
    Member member = new Member(redis.port());
    members.add(member);
    return member;
  }

  /**
   * Has every sidecar hold keys; sets those that are not there at Redis. Whatever is set again and
   * again would not be held any more: it changes more often than it is served.
   */
  void holdEverywhere(String... keys) throws IOException {
    for (String key : keys) {
      direct.call("SETNX", key, "value of " + key);
    }
    members.forEach(member -> member.hold(keys));
  }

  @Override
  public void close() throws IOException {
    direct.close();
    for (Member member : members) {
      member.close();
    }
    redis.close();
  }
}
