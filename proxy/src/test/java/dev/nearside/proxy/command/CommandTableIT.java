package dev.nearside.proxy.command;

import static dev.nearside.proxy.resp.RequestFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nearside.proxy.resp.Request;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The table made from a real server's COMMAND, against that server and the reviewed listing. */
class CommandTableIT {
  enum Server {
    ON_PATH,
    EMBEDDED;

    LiveRedis start() throws IOException {
      if (this == EMBEDDED) {
        return LiveRedis.embedded();
      }
      Optional<LiveRedis> redis = LiveRedis.onPath();
      assumeTrue(redis.isPresent(), "no redis-server on the PATH");
      return redis.get();
    }
  }

  @ParameterizedTest
  @EnumSource
  void of_classifiesEveryCommandOfTheServerAsReviewed(Server server) throws Exception {
    try (LiveRedis redis = server.start()) {
      List<String> lines = Listing.classification(table(redis).commands());
      assertThat(lines).hasSizeGreaterThan(200);
      assertThat(Listing.read("classification.txt")).containsAll(lines);
    }
  }

  @ParameterizedTest
  @EnumSource
  void forEachKey_visitsWhatTheServerCallsKeys(Server server) throws Exception {
    List<String> differences = new ArrayList<>();
    int compared = 0;
    try (LiveRedis redis = server.start()) {
      CommandTable table = table(redis);
      for (String line : Listing.read("getkeys.txt")) {
        Request request = request(line);
        if (table.find(request) == Command.unknown()) {
          continue;
        }
        compared++;
        List<String> visited = visited(table, request);
        List<String> told = told(redis, request);
        if (!visited.equals(told)) {
          differences.add(line + ": visited " + visited + ", the server says " + told);
        }
      }
    }
    assertThat(differences).isEmpty();
    assertThat(compared).isGreaterThan(150);
  }

  @Test
  void builtIn_saysWhatA70Says() throws Exception {
    try (LiveRedis redis = Server.ON_PATH.start()) {
      String info = new String((byte[]) redis.ask("INFO", "server"), StandardCharsets.US_ASCII);
      assumeTrue(info.contains("redis_version:7.0."), "the redis-server on the PATH is no 7.0");
      List<String> told = signatures(table(redis));
      Files.write(Path.of("target", "commands-of-server.txt"), told);
      assertThat(signatures(CommandTable.builtIn())).containsAll(told);
    }
  }

  private static CommandTable table(LiveRedis redis) throws IOException {
    return CommandTable.of((List<?>) redis.ask("COMMAND"));
  }

  private static List<String> visited(CommandTable table, Request request) {
    List<String> keys = new ArrayList<>();
    KeyPositions.forEachKey(table.find(request), request, i -> keys.add(text(request.arg(i))));
    keys.sort(null);
    return keys;
  }

  /** What COMMAND GETKEYS replies; nothing where it says that there are no keys. */
  private static List<String> told(LiveRedis redis, Request request) throws IOException {
    Stream<String> args =
        Stream.iterate(0, i -> i < request.argCount(), i -> i + 1).map(i -> text(request.arg(i)));
    Object reply =
        redis.ask(Stream.concat(Stream.of("COMMAND", "GETKEYS"), args).toArray(String[]::new));
    return switch (reply) {
      case List<?> keys -> keys.stream().map(key -> text((byte[]) key)).sorted().toList();
      case LiveRedis.Refusal refusal
          when refusal.message().contains("no key arguments")
              || refusal.message().contains("Invalid arguments") -> // 6.2, of EVAL without keys
          List.of();
      default -> List.of("?" + reply);
    };
  }

  private static List<String> signatures(CommandTable table) {
    return table.commands().stream()
        .map(Command::signature)
        .map(signature ->
            "%-31s %3d %2d %3d %2d  %s"
                .formatted(
                    signature.name().replace(' ', '|'),
                    signature.arity(),
                    signature.firstKey(),
                    signature.lastKey(),
                    signature.step(),
                    CommandFlag.words(signature.flags())))
        .toList();
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
