package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Twins;
import dev.nearside.proxy.scene.Twins.Pair;
import dev.nearside.proxy.server.Samples.Sample;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every command and subcommand that a server lists, sent through the sidecar and directly: at least
 * one sample of {@code every-command.txt}, and one with a wrong number of arguments. The server is
 * asked for its list, so that a command without a sample fails.
 */
class EveryCommandParityIT {
  private static final int LEAST_COMMANDS = 200;

  /** On a busy machine any command may be, and SLOWLOG LEN tells. */
  private static final String[] NOTHING_IS_SLOW = {"--slowlog-log-slower-than", "-1"};

  static List<RedisProgram> programs() {
    return RedisProgram.available();
  }

  static Stream<Arguments> programsAndProtocols() {
    return programs().stream()
        .flatMap(program -> Stream.of("2", "3").map(protocol -> Arguments.of(program, protocol)));
  }

  @ParameterizedTest
  @MethodSource("programs")
  void everyListedCommand_hasASample(RedisProgram program) throws IOException {
    Set<String> sampled = new TreeSet<>();
    Samples.read().stream().flatMap(List::stream).forEach(sample -> sampled.addAll(sample.names()));
    try (Twins twins = Twins.start(program);
        RespClient client = twins.sidecar().connect()) {
      List<String> listed = ListedCommand.of(client).stream().map(ListedCommand::name).toList();
      assertThat(listed).hasSizeGreaterThan(LEAST_COMMANDS);
      assertThat(sampled).containsAll(listed);
    }
  }

  @ParameterizedTest
  @MethodSource("programsAndProtocols")
  void everySample_isAnsweredAsByRedis(RedisProgram program, String protocol) throws IOException {
    try (Twins twins = Twins.start(program, NOTHING_IS_SLOW)) {
      for (List<Sample> connection : Samples.read()) {
        twins.flush();
        try (Pair pair = connect(twins, protocol)) {
          for (Sample sample : connection) {
            sample.play(pair);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("programsAndProtocols")
  void everySample_ofAPinnedClient_isAnsweredAsByRedis(RedisProgram program, String protocol)
      throws IOException {
    try (Twins twins = Twins.start(program, NOTHING_IS_SLOW)) {
      for (List<Sample> connection : Samples.read()) {
        twins.flush();
        try (Pair pair = connect(twins, protocol)) {
          pair.send("MULTI").send("DISCARD").replies(2);
          for (Sample sample : connection) {
            sample.play(pair);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("programs")
  void everyListedCommand_miscounted_isRefusedAsByRedis(RedisProgram program) throws IOException {
    try (Twins twins = Twins.start(program);
        RespClient client = twins.sidecar().connect()) {
      List<ListedCommand> listed = new ArrayList<>(ListedCommand.of(client));
      listed.removeIf(ListedCommand::takesAnyNumber);
      assertThat(listed).hasSizeGreaterThan(LEAST_COMMANDS);
      for (ListedCommand command : listed) {
        try (Pair pair = twins.connect()) {
          assertThat(pair.call(command.miscounted())).contains("wrong number of arguments");
          assertThat(pair.call("PING")).isEqualTo("+PONG\r\n");
        }
      }
    }
  }

  private static Pair connect(Twins twins, String protocol) throws IOException {
    Pair pair = twins.connect();
    pair.send("HELLO", protocol).reply(Masks::hello);
    return pair;
  }
}
