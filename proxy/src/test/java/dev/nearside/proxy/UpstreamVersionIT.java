package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import dev.nearside.proxy.tier.redis.RedisAdministration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/** What the start says of the upstream's version, real servers telling it. */
final class UpstreamVersionIT {
  private final Queue<String> said = new ConcurrentLinkedQueue<>();
  private final Logger logger = (Logger) LoggerFactory.getLogger(RedisAdministration.class);
  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          said.add(event.getFormattedMessage());
        }
      };

  @BeforeEach
  void listen() {
    appender.start();
    logger.setLevel(Level.INFO);
    logger.addAppender(appender);
  }

  @AfterEach
  void listenNoMore() {
    logger.detachAppender(appender);
    logger.setLevel(null);
  }

  static List<RedisProgram> programs() {
    return RedisProgram.available();
  }

  @ParameterizedTest
  @MethodSource("programs")
  void start_aRedis_saysWhichAndWhatItLacks(RedisProgram program) throws Exception {
    try (RedisServer redis = RedisServer.start(program);
        Sidecar ignored = Sidecar.inFrontOf(redis.port())) {
      String line = awaitLine("upstream is Redis " + program.version());

      assertThat(line.contains("functions")).isEqualTo(!redis.knows("FCALL"));
      assertThat(line.contains("sharded pub/sub")).isEqualTo(!redis.knows("SSUBSCRIBE"));
      assertThat(line.contains("NO-EVICT")).isEqualTo(!program.isAtLeast(7));
      assertThat(line.contains("WAITAOF")).isEqualTo(!redis.knows("WAITAOF"));
      assertThat(line.contains("hash fields")).isEqualTo(!redis.knows("HPEXPIRE"));
    }
  }

  @Test
  void reconnect_toAnotherVersion_saysSo_toTheSame_doesNot() throws Exception {
    assumeTrue(RedisProgram.available().size() > 1, "there is one Redis here");
    String installed = "upstream is Redis " + RedisProgram.ON_PATH.version();
    String carried = "upstream is Redis " + RedisProgram.CARRIED.version();
    RedisServer redis = RedisServer.start(RedisProgram.ON_PATH);
    int port = redis.port();
    try (Sidecar sidecar = Sidecar.inFrontOf(port)) {
      awaitLine(installed);
      redis.kill();
      redis = RedisServer.startOnPort(RedisProgram.ON_PATH, port);
      sidecar.awaitReady();
      redis.kill();
      redis = RedisServer.startOnPort(RedisProgram.CARRIED, port);
      awaitLine(carried);
    } finally {
      redis.close();
    }

    assertThat(said).filteredOn(line -> line.startsWith(installed)).hasSize(1);
  }

  @Test
  void start_oneWithoutHello_saysPlainlyThatItIsOfNoUse() throws Exception {
    try (RedisServer redis = RedisServer.start("--rename-command", "HELLO", "");
        Sidecar sidecar = Sidecar.inFrontOf(redis.port());
        RespClient client = sidecar.connect()) {
      awaitLine("the upstream is older than Redis 6.0, or hides HELLO");

      assertThat(client.call("GET", "k")).startsWith("-");
      assertThat(sidecar.get("/readyz").statusCode()).isEqualTo(503);
    }
  }

  private String awaitLine(String start) {
    Waiting.until(
        "it says: " + start, () -> said.stream().anyMatch(line -> line.startsWith(start)));
    return said.stream().filter(line -> line.startsWith(start)).findFirst().orElseThrow();
  }
}
