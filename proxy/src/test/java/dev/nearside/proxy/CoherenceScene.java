package dev.nearside.proxy;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.scene.DelayingHop;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A Redis, a hop, a sidecar behind it, and a client that asks Redis directly. */
final class CoherenceScene implements AutoCloseable {
  static final String LOCAL_GETS = "nearside_requests_total{way=\"local\",command=\"get\"}";

  final RedisServer redis;
  final DelayingHop hop;
  final Sidecar sidecar;
  final RespClient direct;

  /**
   * Starts all of it and returns once L1 is open. Redis has a user {@code side}, too, with the
   * password {@code pw}.
   *
   * @param settings of the sidecar; each key is held from its first read on
   */
  CoherenceScene(String yaml, String... settings) throws IOException {
    redis = RedisServer.start("--user", "side", "on", ">pw", "~*", "&*", "+@all");
    hop = DelayingHop.to(redis.port());
    List<String> all = new ArrayList<>(List.of("l1.admission-window=0s", "l1.skip-churning=false"));
    all.addAll(List.of(settings));
    sidecar = Sidecar.configured(yaml, hop.port(), all.toArray(new String[0])).awaitReady();
    direct = RespClient.connect(redis.port());
  }

  static CoherenceScene start(String... settings) throws IOException {
    return new CoherenceScene("l1: {}\n", settings);
  }

  RespClient client() throws IOException {
    return sidecar.connect();
  }

  Coherence coherence() {
    return sidecar.proxy().coherence();
  }

  Shard shard() {
    return coherence().shards().getFirst();
  }

  double localGets() throws IOException {
    return sidecar.metric(LOCAL_GETS);
  }

  /** Sets {@code key} at Redis and reads it through the sidecar until it is served from L1. */
  void hold(RespClient client, String key, String value) throws IOException {
    direct.call("SET", key, value);
    holdAsIs(client, key);
  }

  /** Reads {@code key} through the sidecar until it is served from L1. */
  void holdAsIs(RespClient client, String key) throws IOException {
    Waiting.until(
        key + " is served from L1",
        () -> {
          double before = localGets();
          client.call("GET", key);
          return localGets() > before;
        });
  }

  /** Waits until nothing of the mechanisms is left standing. */
  void awaitRest() {
    AtRest.await(sidecar.proxy());
  }

  static String bulk(String value) {
    return "$" + value.length() + "\r\n" + value + "\r\n";
  }

  @Override
  public void close() throws IOException {
    direct.close();
    sidecar.close();
    hop.close();
    redis.close();
  }
}
