package dev.nearside.proxy.parity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisProgram;
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
  private static final long SEED = 1;
  private static final double LEAST_LOCAL_SHARE = 0.05;

  static Stream<Arguments> scenes() {
    return RedisProgram.available().stream()
        .flatMap(program -> Stream.of(Arguments.of(program, 2), Arguments.of(program, 3)));
  }

  @ParameterizedTest
  @MethodSource("scenes")
  void randomStream_isAnsweredAsByRedis(RedisProgram program, int protocol) throws Exception {
    try (Arena arena = Arena.withSidecar(program)) {
      Scenario scenario = new Scenario(SEED, protocol, program.major(), false);
      Outcome outcome = new ParityRun(arena, scenario).play(COMMANDS);
      assertThat(outcome.tally().commands()).isGreaterThanOrEqualTo(COMMANDS);
      assertThat(outcome.localShare()).as("%s", outcome).isGreaterThan(LEAST_LOCAL_SHARE);
    }
  }
}
