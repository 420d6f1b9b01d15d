package dev.nearside.benchmarks.generator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.Ports;
import dev.nearside.benchmarks.servers.Programs;
import dev.nearside.benchmarks.servers.RedisConnection;
import dev.nearside.benchmarks.servers.RedisProgram;
import dev.nearside.benchmarks.servers.ScratchDirectory;
import dev.nearside.benchmarks.servers.TlsIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Short rounds against a real Redis: its own statistics must tell the same story. */
@Timeout(60)
final class GeneratorIT {
  private static final int KEYS = 20;
  private static final Duration SHORT = Duration.ofMillis(1);
  private static final Duration LONG = Duration.ofSeconds(1);
  private static final Values VALUES = Values.of(100);

  private ScratchDirectory scratch;
  private Path socket;
  private EmbeddedRedis redis;
  private RedisConnection connection;

  @BeforeEach
  void start() throws Exception {
    scratch = ScratchDirectory.create();
    socket = scratch.path().resolve("redis.sock");
    redis =
        EmbeddedRedis.start(
            RedisProgram.INSTALLED.find(scratch.path()),
            scratch.path(),
            List.of("--unixsocket", socket.toString()));
    connection = RedisConnection.open(redis.port());
    for (int i = 0; i < KEYS; i++) {
      connection.call("SET", KeyFamily.HOT.key(i), VALUES.value(i));
      connection.call("SET", KeyFamily.COLD.key(i), VALUES.value(i));
    }
    connection.call("CONFIG", "RESETSTAT");
  }

  @AfterEach
  void stop() throws Exception {
    connection.close();
    redis.close();
    scratch.close();
  }

  @ParameterizedTest
  @CsvSource({
    "READ,1,get,1",
    "READ,32,get,1",
    "INCR,1,incr,1",
    "INCR,32,incr,1",
    "EVAL,4,eval,1",
    "MULTI,1,exec,1",
    "MULTI,1,incr,5"
  })
  void round_againstRedis_countsWhatRedisExecuted(
      Workload workload, int pipeline, String command, int times) throws Exception {
    Round round = Generator.here(assignment(load(workload, pipeline)));

    assertThat(executed(command)).isEqualTo(round.totalRequests() * times);
    assertThat(round.requests()).isPositive().isLessThanOrEqualTo(round.totalRequests());
    assertThat(round.p50Us()).isPositive().isLessThanOrEqualTo(round.p99Us());
    assertThat(round.p99Us()).isLessThanOrEqualTo(round.maxUs());
    assertThat(round.bytes()).isGreaterThanOrEqualTo(round.requests() * ":1\r\n".length());
    assertThat(round.cpuSeconds()).hasSize(1).allMatch(seconds -> seconds >= 0);
  }

  @ParameterizedTest
  @CsvSource({"MIXED,8", "CHURN,8", "GET_SET,1", "READ,4"})
  void round_ofSeveralKinds_countsItsReads(Workload workload, int pipeline) throws Exception {
    Round round = Generator.here(assignment(load(workload, pipeline)));

    assertThat(executed("get")).isEqualTo(round.totalReads());
    assertThat(executed("get") + executed("set")).isEqualTo(round.totalRequests());
  }

  @Test
  void round_inAProcessOfItsOwn_onTwoThreadsByUnixSocket_isTheSame() throws Exception {
    Load load = load(Workload.READ, 4).onThreads(2);
    Address address = Address.ofPath(socket.toString());

    Round round = Generator.inOwnProcess(new Assignment(load, address, List.of(redis.pid()), 1, 0));

    assertThat(executed("get")).isEqualTo(round.totalRequests()).isPositive();
    assertThat(round.seconds()).isGreaterThanOrEqualTo(load.measuredMs() / 1e3);
  }

  /** Batches of more than one record, which the first buffer does not hold. */
  @ParameterizedTest
  @ValueSource(ints = {1, 600})
  void round_byTls_isTheSame(int pipeline) throws Exception {
    assumeTrue(Programs.onPath("redis-server") != null, "the Redis of the build has no TLS");
    TlsIdentity identity = TlsIdentity.create(scratch.path());
    int port = Ports.free();
    try (EmbeddedRedis tls =
            EmbeddedRedis.start(
                RedisProgram.INSTALLED.find(scratch.path()),
                scratch.path(),
                options(port, identity));
        RedisConnection filled = RedisConnection.openTls(port, identity.certificate())) {
      for (int i = 0; i < KEYS; i++) {
        filled.call("SET", KeyFamily.HOT.key(i), VALUES.value(i));
        filled.call("SET", KeyFamily.COLD.key(i), VALUES.value(i));
      }
      Address address = Address.ofTls(port, identity.certificate().toString());
      Assignment assignment =
          new Assignment(load(Workload.CHURN, pipeline), address, List.of(tls.pid()), 1, 0);

      Round round = Generator.inOwnProcess(assignment);

      assertThat(executed(filled, "get") + executed(filled, "set") - 2 * KEYS)
          .isEqualTo(round.totalRequests())
          .isPositive();
    }
  }

  private static List<String> options(int port, TlsIdentity identity) {
    return List.of(
        "--tls-port",
        String.valueOf(port),
        "--tls-cert-file",
        identity.certificate().toString(),
        "--tls-key-file",
        identity.key().toString(),
        "--tls-ca-cert-file",
        identity.certificate().toString(),
        "--tls-auth-clients",
        "no");
  }

  @Test
  void round_oneValueIsWrong_failsAndShowsIt() throws Exception {
    connection.call("SET", KeyFamily.HOT.key(7), VALUES.value(8));

    assertThatThrownBy(() -> Generator.here(assignment(load(Workload.READ, 4))))
        .isInstanceOf(WrongReplyException.class)
        .hasMessageContaining("value:00000007")
        .hasMessageContaining("value-00000007")
        .hasMessageContaining("8");
  }

  @Test
  void round_oneValueIsGone_failsInItsProcessToo() throws Exception {
    connection.call("DEL", KeyFamily.COLD.key(3));

    assertThatThrownBy(() -> Generator.inOwnProcess(assignment(load(Workload.MIXED, 4))))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cold:00000003")
        .hasMessageContaining("\"-1\\r\\n");
  }

  @Test
  void round_atARate_asksThatOftenAndNoMore() throws Exception {
    Round round = Generator.here(assignment(load(Workload.CHURN, 1).at(500).lasting(SHORT, LONG)));

    assertThat(round.requests()).isBetween(250L, 2_000L); // a closed loop gets tens of thousands
    assertThat(executed("get") + executed("set")).isEqualTo(round.totalRequests());
  }

  /** One that waits for each answer before it asks again would see four that waited, of many. */
  @Test
  void round_atARate_waitsForAllThatWereDueWhileTheServerStoodStill() throws Exception {
    connection.call("CLIENT", "PAUSE", "700");

    Round round = Generator.here(assignment(load(Workload.READ, 1).at(500).lasting(SHORT, LONG)));

    assertThat(round.p50Us()).isGreaterThan(50_000);
    assertThat(round.p9999Us()).isBetween(500_000.0, round.maxUs());
  }

  private static Load load(Workload workload, int pipeline) {
    KeySpace keys = KeySpace.uniform(KEYS).withCold(KEYS, 0.5);
    return new Load(workload, pipeline, 4, keys, VALUES, 50, 200, 1, 0);
  }

  private Assignment assignment(Load load) {
    return new Assignment(load, Address.ofPort(redis.port()), List.of(redis.pid()), 1, 0);
  }

  private long executed(String command) throws IOException {
    return executed(connection, command);
  }

  private static long executed(RedisConnection at, String command) throws IOException {
    String prefix = "cmdstat_" + command + ":calls=";
    return at.call("INFO", "commandstats")
        .lines()
        .filter(line -> line.startsWith(prefix))
        .map(line -> line.substring(prefix.length(), line.indexOf(',')))
        .mapToLong(Long::parseLong)
        .sum();
  }
}
