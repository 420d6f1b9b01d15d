package dev.nearside.proxy.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nearside.proxy.scene.RedisProgram;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A random stream of commands of every kind is answered as by Redis, byte for byte; {@link
 * LongParityIT} says how to play longer ones, and others.
 */
class RandomParityIT {
  private static final int COMMANDS = 8_000;
  private static final int COMMANDS_BY_OTHER_LINKS = 4_000;
  private static final long SEED = 1;
  private static final double LEAST_LOCAL_SHARE = 0.05;

  static Stream<Arguments> scenes() {
    return Stream.of(Shape.values())
        .flatMap(shape ->
            RedisProgram.available().stream()
                .flatMap(program ->
                    protocols(shape, program).stream()
                        .map(protocol -> Arguments.of(shape, program, protocol))));
  }

  /** Sentinels take longer to start than a stream to play: one protocol each has to do. */
  private static List<Integer> protocols(Shape shape, RedisProgram program) {
    return switch (shape) {
      case PLAIN, TLS, UNIX, CLUSTER -> List.of(2, 3);
      case SENTINEL -> List.of(program == RedisProgram.CARRIED ? 2 : 3);
      case SENTINEL_TLS -> List.of(2);
    };
  }

  @ParameterizedTest
  @MethodSource("scenes")
  void randomStream_isAnsweredAsByRedis(Shape shape, RedisProgram program, int protocol)
      throws Exception {
    assumeTrue(shape.playsOn(program), "this machine cannot play " + shape + " on " + program);
    int commands = shape == Shape.PLAIN ? COMMANDS : COMMANDS_BY_OTHER_LINKS;
    try (Arena arena = Arena.withSidecar(program, shape)) {
      Scenario scenario =
          new Scenario(SEED, protocol, program.major(), false, shape == Shape.CLUSTER);
      Outcome outcome = new ParityRun(arena, scenario).play(commands);
      assertThat(outcome.tally().commands()).isGreaterThanOrEqualTo(commands);
      assertThat(outcome.localShare()).as("%s", outcome).isGreaterThan(LEAST_LOCAL_SHARE);
    }
  }
}
