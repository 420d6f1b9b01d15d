package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.Twins;
import dev.nearside.proxy.scene.Twins.Pair;
import dev.nearside.proxy.scene.Twins.Told;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Commands of a module that nobody knows, compiled here: one writes a key that no argument names,
 * one replies types of RESP3, one blocks without a flag that says so. Each is played with a module
 * loaded before the sidecar started, which COMMAND then lists, and after, when nobody told it.
 */
class ModuleParityIT {
  private static Path directory;
  private static Path module;

  @BeforeAll
  static void compile() throws IOException, InterruptedException {
    assumeThat(RedisProgram.find("gcc")).as("a C compiler, to build a module with").isPresent();
    assumeThat(RedisProgram.available()).as("a Redis 7").contains(RedisProgram.ON_PATH);
    directory = Files.createTempDirectory("nearside-module");
    Path source = directory.resolve("stranger.c");
    module = directory.resolve("stranger.so");
    try (InputStream in = ModuleParityIT.class.getResourceAsStream("stranger.c")) {
      Files.copy(in, source);
    }
    Process gcc =
        new ProcessBuilder(
                List.of("gcc", "-shared", "-fPIC", "-o", module.toString(), source.toString()))
            .redirectErrorStream(true)
            .start();
    String said = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(gcc.waitFor()).as(said).isZero();
  }

  @AfterAll
  static void delete() throws IOException {
    if (directory != null) {
      Files.deleteIfExists(directory.resolve("stranger.c"));
      Files.deleteIfExists(module);
      Files.delete(directory);
    }
  }

  private static Twins twins(boolean listed) throws IOException {
    if (listed) {
      return Twins.start("--loadmodule", module.toString());
    }
    Twins twins = Twins.start("--enable-module-command", "yes");
    try (Pair elsewhere = twins.connectElsewhere()) {
      elsewhere.call("MODULE", "LOAD", module.toString());
    }
    return twins;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void write_ofAnUndeclaredKey_isSeenByEveryReader(boolean listed) throws IOException {
    try (Twins twins = twins(listed);
        Pair writer = twins.connect();
        Pair reader = twins.connect()) {
      for (int round = 0; round < 50; round++) {
        reader.send("GET", "k").send("GET", "k").replies(2);
        assertThat(writer.call("STRANGER.WRITE", "v" + round)).isEqualTo("+OK\r\n");
        assertThat(reader.call("GET", "k")).contains("v" + round);
        assertThat(writer.call("GET", "k")).contains("v" + round);
      }
      writer.send("GET", "k").send("STRANGER.WRITE", "piped").send("GET", "k").replies(3);
      writer.send("MULTI").send("STRANGER.WRITE", "queued").send("EXEC").replies(3);
      assertThat(reader.call("GET", "k")).contains("queued");
      writer.call("STRANGER.WRITE");
      writer.call("STRANGER.NOPE");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void types_ofEitherProtocol_pass(boolean listed) throws IOException {
    try (Twins twins = twins(listed);
        Pair pair = twins.connect()) {
      for (String protocol : new String[] {"2", "3", "2"}) {
        pair.send("HELLO", protocol).reply(Masks::hello);
        pair.send("STRANGER.TYPES").send("PING").send("STRANGER.TYPES").replies(3);
      }
    }
  }

  /** Not listed only: COMMAND calls it a plain read, and says nothing of blocking. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void block_isUnblockedAndTimesOutAsByRedis(boolean listed) throws IOException {
    try (Twins twins = twins(listed);
        Pair pair = twins.connect();
        Pair other = twins.connect();
        Pair elsewhere = twins.connectElsewhere()) {
      pair.send("STRANGER.BLOCK").send("PING").replies(2);
      Told id = pair.ask("CLIENT", "ID");
      pair.send("STRANGER.BLOCK", "forever").send("PING");
      Waiting.until(
          "both are blocked",
          () -> {
            Told info = elsewhere.ask("INFO", "clients");
            return info.direct().contains("blocked_clients:1")
                && info.through().contains("blocked_clients:1");
          });
      other.call("GET", "k");
      other.call("SET", "k", "1");
      assertThat(pair.hasReply()).isFalse();
      other.sendEach(id, "CLIENT", "UNBLOCK", "{}").reply();
      pair.replies(2);
    }
  }
}
