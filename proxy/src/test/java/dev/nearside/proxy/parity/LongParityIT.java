package dev.nearside.proxy.parity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisProgram;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Long random streams, in each protocol on each Redis, and the report of them. {@code ./nearside
 * parity} plays 100 000 commands of each. More properties, as in {@code ./nearside parity
 * -Dparity.seed=7}:
 *
 * <ul>
 *   <li>{@code parity.commands}: how many of each; without it nothing is played
 *   <li>{@code parity.seed}: of the streams, 1 unless given
 *   <li>{@code parity.protocol}: 2 or 3 only
 *   <li>{@code parity.redis}: {@code ON_PATH} or {@code CARRIED} only
 *   <li>{@code parity.shape}: {@code TLS} or {@code UNIX} for other links than {@code PLAIN} ones,
 *       on both sides of the sidecar; {@code SENTINEL} or {@code SENTINEL_TLS} for servers with a
 *       replica, which the sidecar finds through sentinels; {@code CLUSTER} for a cluster, which is
 *       compared with one Redis, but for what {@link ClusterDifference} lists
 *   <li>{@code parity.direct}: {@code true} speaks directly to both servers, which shows that what
 *       is masked, and nothing else, differs by itself
 *   <li>{@code parity.subscribe-in-multi}: {@code true} sends SUBSCRIBE between MULTI and EXEC, too
 *   <li>{@code parity.report}: the directory that the report goes to; none is written without it
 * </ul>
 */
@EnabledIfSystemProperty(named = "parity.commands", matches = "\\d+")
class LongParityIT {
  private static final int COMMANDS = Integer.getInteger("parity.commands", 0);
  private static final long SEED = Long.getLong("parity.seed", 1);
  private static final Shape SHAPE =
      Shape.valueOf(
          System.getProperty("parity.shape", "PLAIN").toUpperCase(Locale.ROOT).replace('-', '_'));
  private static final boolean DIRECT = Boolean.getBoolean("parity.direct");
  private static final double LEAST_LOCAL_SHARE = 0.05;

  @Test
  void longStreams_areAnsweredAsByRedis() throws Exception {
    List<Outcome> outcomes = new ArrayList<>();
    for (RedisProgram program : programs()) {
      for (int protocol : protocols()) {
        outcomes.add(play(program, protocol));
      }
    }
    assertThat(outcomes).as("%s can be played on a Redis of this machine", SHAPE).isNotEmpty();
    String directory = System.getProperty("parity.report", "");
    if (!directory.isEmpty()) {
      new ParityReport(outcomes, SHAPE, DIRECT).write(Path.of(directory));
    }
    assertThat(outcomes).allMatch(outcome -> outcome.tally().commands() >= COMMANDS);
    if (SHAPE == Shape.CLUSTER && !DIRECT) {
      assertThat(outcomes)
          .allSatisfy(outcome ->
              assertThat(outcome.tally().differences().keySet()).isEqualTo(ClusterJudge.FORETOLD));
    }
    assertThat(outcomes).allMatch(outcome -> DIRECT || outcome.localShare() > LEAST_LOCAL_SHARE);
  }

  private static Outcome play(RedisProgram program, int protocol) throws Exception {
    try (Arena arena =
        DIRECT ? Arena.withoutSidecar(program, SHAPE) : Arena.withSidecar(program, SHAPE)) {
      boolean subscribe = Boolean.getBoolean("parity.subscribe-in-multi");
      Scenario scenario =
          new Scenario(SEED, protocol, program.major(), subscribe, SHAPE == Shape.CLUSTER);
      return new ParityRun(arena, scenario).play(COMMANDS);
    }
  }

  private static List<RedisProgram> programs() {
    String only = System.getProperty("parity.redis", "");
    return RedisProgram.available().stream()
        .filter(program -> only.isEmpty() || program == RedisProgram.valueOf(only))
        .filter(SHAPE::playsOn)
        .toList();
  }

  private static List<Integer> protocols() {
    int only = Integer.getInteger("parity.protocol", 0);
    return only == 0 ? List.of(2, 3) : List.of(only);
  }
}
