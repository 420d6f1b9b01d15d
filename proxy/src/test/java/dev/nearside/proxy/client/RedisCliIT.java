package dev.nearside.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nearside.proxy.client.Scene.Variant;
import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.Waiting;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RedisCliIT {

  @BeforeAll
  static void needsRedisCli() {
    Optional<Path> program = RedisProgram.find("redis-cli");
    assumeTrue(program.isPresent(), "there is no redis-cli on the PATH");
  }

  private static Process start(Scene scene, Variant variant, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(RedisProgram.find("redis-cli").orElseThrow().toString());
    command.addAll(List.of("-h", "127.0.0.1", "-p", Integer.toString(scene.port())));
    command.add("-" + variant.protocol());
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  /** Returns the lines a redis-cli writes that is fed {@code input}. */
  private static List<String> played(Process cli, String... input) throws Exception {
    try (Writer in = cli.outputWriter(StandardCharsets.UTF_8)) {
      in.write(String.join("\n", input) + "\n");
    }
    return said(cli);
  }

  private static List<String> said(Process cli) throws Exception {
    try (BufferedReader out = cli.inputReader(StandardCharsets.UTF_8)) {
      List<String> lines = out.lines().filter(line -> !line.isEmpty()).toList();
      assertThat(cli.waitFor()).isZero();
      return lines;
    }
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void session_fromItsInput_isAnsweredLikeByRedis(Variant variant) throws Exception {
    try (Scene scene = Scene.open(variant.program())) {
      List<String> lines =
          played(
              start(scene, variant),
              "SET k v",
              "GET k",
              "GET k",
              "SELECT 3",
              "GET k",
              "SELECT 0",
              "WATCH k",
              "MULTI",
              "INCR n",
              "GET k",
              "EXEC",
              "EVAL \"return redis.call('incr', KEYS[1])\" 1 n",
              "GET n");
      assertThat(lines)
          .containsExactly(
              "OK", "v", "v", "OK", "OK", "OK", "OK", "QUEUED", "QUEUED", "1", "v", "2", "2");
      assertThat(played(start(scene, variant), "EVALSHA " + Scene.UNKNOWN_SHA + " 0"))
          .singleElement()
          .asString()
          .startsWith("NOSCRIPT");
      scene.awaitRest();
    }
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void transaction_watchedKeyWrittenElsewhere_isNotExecuted(Variant variant) throws Exception {
    try (Scene scene = Scene.open(variant.program())) {
      Process cli = start(scene, variant);
      BufferedReader out = cli.inputReader(StandardCharsets.UTF_8);
      try (Writer in = cli.outputWriter(StandardCharsets.UTF_8)) {
        in.write("WATCH k\n");
        in.flush();
        assertThat(out.readLine()).isEqualTo("OK");
        scene.direct("SET", "k", "other");
        in.write("MULTI\nSET k mine\nEXEC\nGET k\n");
      }
      assertThat(out.lines().filter(line -> !line.isEmpty()))
          .containsExactly("OK", "QUEUED", "other");
      assertThat(cli.waitFor()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void pipeMode_manyRequests_areAllAnswered(Variant variant) throws Exception {
    try (Scene scene = Scene.open(variant.program())) {
      String[] requests = new String[1000];
      for (int i = 0; i < requests.length; i++) {
        requests[i] = "INCR n\r";
      }
      List<String> lines = played(start(scene, variant, "--pipe"), requests);
      assertThat(lines).last().asString().startsWith("errors: 0, replies: 1000");
      assertThat(scene.direct("GET", "n")).isEqualTo("$4\r\n1000\r\n");
    }
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void blockingPop_waiting_delaysNobodyAndIsWoken(Variant variant) throws Exception {
    try (Scene scene = Scene.open(variant.program())) {
      Process waiting = start(scene, variant, "BLPOP", "queue", "0");
      scene.awaitBlocked(1);
      assertThat(played(start(scene, variant), "SET k v", "GET k")).containsExactly("OK", "v");
      assertThat(waiting.isAlive()).isTrue();
      assertThat(played(start(scene, variant), "RPUSH queue job")).containsExactly("1");
      assertThat(said(waiting)).containsExactly("queue", "job");
    }
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void subscription_messages_arrive(Variant variant) throws Exception {
    try (Scene scene = Scene.open(variant.program())) {
      Process subscriber = start(scene, variant, "SUBSCRIBE", "news");
      try (BufferedReader out = subscriber.inputReader(StandardCharsets.UTF_8)) {
        scene.awaitSubscribers("news", 1);
        assertThat(played(start(scene, variant), "PUBLISH news hello")).containsExactly("1");
        List<String> heard = new ArrayList<>();
        Waiting.until(
            "the message is there",
            () -> {
              heard.add(out.readLine());
              return heard.contains("hello");
            });
        assertThat(heard).containsSubsequence("subscribe", "news", "message", "news", "hello");
      } finally {
        subscriber.toHandle().destroy();
        subscriber.waitFor();
      }
      scene.awaitRest();
    }
  }
}
