package dev.nearside.benchmarks.fleet;

import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** A Redis with values and the fleet in front of it, at rest between rounds. */
final class Scene implements AutoCloseable {
  private final String name;
  private final EmbeddedRedis redis;
  private final Fleet fleet;
  private final Statistics empty;
  private final Statistics filled;
  private final List<Round> rounds = new ArrayList<>();

  private Scene(String name, EmbeddedRedis redis, Fleet fleet, Statistics empty)
      throws IOException {
    this.name = name;
    this.redis = redis;
    this.fleet = fleet;
    this.empty = empty;
    this.filled = Statistics.of(redis);
  }

  /** How the Redis and the fleet of a scene are made. */
  record Stage(Path program, Path directory, int keys, List<String> options) {
    /** Starts a Redis with values, and connects the fleet that the plan for its port says. */
    Scene open(String name, IntFunction<Fleet.Plan> plan) throws IOException, InterruptedException {
      EmbeddedRedis redis = EmbeddedRedis.start(program, directory, options);
      try {
        try (RedisConnection connection = RedisConnection.open(redis.port())) {
          Keys.load(connection, keys);
        }
        Statistics empty = Statistics.of(redis);
        return new Scene(name, redis, Fleet.open(plan.apply(redis.port())), empty);
      } catch (IOException | RuntimeException e) {
        redis.close();
        throw e;
      }
    }

    Stage with(String... more) {
      return new Stage(program, directory, keys, List.of(more));
    }
  }

  /**
   * What one round found.
   *
   * @param p50Us latency of a SET, from the moment at which it was to be sent
   * @param p99Us the same
   * @param maxUs the same
   * @param callUs what a SET took inside Redis
   * @param cpuShare of one core, Redis
   * @param commandsPerSecond that Redis executed
   * @param pushesPerWrite keys that sidecars were told to forget, for each SET
   * @param fillsPerSecond keys that sidecars read again
   */
  record Round(
      double p50Us,
      double p99Us,
      double maxUs,
      double callUs,
      double cpuShare,
      double commandsPerSecond,
      double pushesPerWrite,
      double fillsPerSecond) {}

  /** Lets the writer write while the fleet is at work, and keeps what was found. */
  Round round(Writer writer) throws IOException {
    fleet.work();
    try {
      Statistics before = Statistics.of(redis);
      long pushes = fleet.pushes();
      long fills = fleet.fills();
      var latencies = writer.run(redis.port());
      Statistics after = Statistics.of(redis);
      fleet.requireSound();
      double seconds = after.secondsSince(before);
      Round round =
          new Round(
              latencies.getValueAtPercentile(50) / 1e3,
              latencies.getValueAtPercentile(99) / 1e3,
              latencies.getMaxValue() / 1e3,
              after.setUsSince(before),
              after.cpuShareSince(before),
              (after.commands() - before.commands()) / seconds,
              (double) (fleet.pushes() - pushes) / latencies.getTotalCount(),
              (fleet.fills() - fills) / seconds);
      rounds.add(round);
      return round;
    } finally {
      fleet.rest();
    }
  }

  /** Forgets the rounds so far. */
  void forgetRounds() {
    rounds.clear();
  }

  String name() {
    return name;
  }

  List<Round> rounds() {
    return rounds;
  }

  /** Returns what Redis said before the fleet came. */
  Statistics empty() {
    return empty;
  }

  /** Returns what Redis said when the fleet had read its first keys. */
  Statistics filled() {
    return filled;
  }

  /** Returns what Redis says now. */
  Statistics now() throws IOException {
    return Statistics.of(redis);
  }

  @Override
  public void close() {
    fleet.close();
    redis.close();
  }
}
