package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.Drains;
import dev.nearside.proxy.scene.PostgresServer;
import dev.nearside.proxy.scene.RandomStringCommands;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pipelines of writes that the database takes later. */
final class PipelinedWriteIT {
  private static final int KEYS = 300;
  private static final int MANY = 600;
  private static final int ROUNDS = 12;

  private static PostgresServer database;
  private static RedisServer redis;
  private static Sidecar sidecar;

  @BeforeAll
  static void start() throws IOException {
    database = PostgresServer.start();
    redis = RedisServer.start("--appendonly", "yes", "--appendfsync", "always");
    String yaml =
        """
        namespaces:
          kept:
            keys: kept:*
            l2-ttl: 10m
            database:
              store: true
              write: behind
        database:
          url: %s
          user: %s
        """
            .formatted(database.jdbcUrl(), PostgresServer.USER);
    sidecar = Sidecar.configured(yaml, redis.port());
    sidecar.awaitReady();
  }

  @AfterAll
  static void stop() {
    sidecar.close();
    redis.close();
    database.close();
  }

  @BeforeEach
  void drain() throws IOException {
    try (RespClient direct = RespClient.connect(redis.port())) {
      Drains.await(direct, "kept");
    }
  }

  @Test
  void writesOfOtherKeys_followEachOther_withoutWaiting() throws IOException {
    try (RespClient client = sidecar.connect()) {
      client.call("SET", "kept:first", "x"); // its script is known from now on
      double before = scripts();
      for (int i = 0; i < KEYS; i++) {
        client.send("SET", "kept:" + i, "value");
      }
      for (int i = 0; i < KEYS; i++) {
        assertThat(client.reply()).isEqualTo("+OK\r\n");
      }
      assertThat(scripts() - before).isLessThan(KEYS / 2.0); // the drain's among them
    }
  }

  /** Whoever looks finds the first of them written, and the others not. */
  @Test
  void writesOfOtherKeys_areMadeInTheirOrder() throws Exception {
    String[] mget = new String[MANY + 1];
    mget[0] = "MGET";
    for (int i = 1; i <= MANY; i++) {
      mget[i] = "kept:ordered:" + i;
    }
    AtomicBoolean done = new AtomicBoolean();
    int partly = 0;
    try (RespClient client = sidecar.connect();
        RespClient direct = RespClient.connect(redis.port())) {
      Thread writer = Thread.ofVirtual().start(() -> writeRounds(client, done));
      while (!done.get()) {
        int[] rounds = numbers(direct.call(mget));
        for (int i = 1; i < rounds.length; i++) {
          assertThat(rounds[i])
              .as("of %s", Arrays.toString(rounds))
              .isBetween(rounds[0] - 1, rounds[i - 1]);
        }
        partly += rounds[0] == rounds[MANY - 1] ? 0 : 1;
      }
      writer.join();
      assertThat(numbers(direct.call(mget))).containsOnly(ROUNDS);
      assertThat(partly).isPositive();
    }
  }

  private static void writeRounds(RespClient client, AtomicBoolean done) {
    try {
      for (int round = 1; round <= ROUNDS; round++) {
        for (int i = 1; i <= MANY; i++) {
          client.send("SET", "kept:ordered:" + i, "" + round);
        }
        for (int i = 1; i <= MANY; i++) {
          assertThat(client.reply()).isEqualTo("+OK\r\n");
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      done.set(true);
    }
  }

  @Test
  void redisThatStandsStill_failsThoseThatWaitForItsAnswer_andNothingOfOthersIsDoubted()
      throws IOException {
    try (RespClient client = sidecar.connect()) {
      client.call("SET", "kept:first", "x");
      redis.pause();
      for (int i = 0; i < MANY; i++) {
        client.send("SET", "kept:" + i, "value");
      }
      int unsent = 0;
      for (int i = 0; i < MANY; i++) {
        String reply = client.reply();
        assertThat(reply).startsWith("-ERR ");
        unsent += reply.startsWith("-ERR nothing was written: ") ? 1 : 0;
      }
      assertThat(unsent).isGreaterThan(MANY / 2);
      redis.resume();
      Waiting.until("it goes on", () -> client.call("SET", "kept:first", "y").equals("+OK\r\n"));
    } finally {
      redis.resume();
    }
  }

  @Test
  void redisWithoutMemory_refusesEach() throws IOException {
    try (RespClient client = sidecar.connect();
        RespClient direct = RespClient.connect(redis.port())) {
      direct.call("CONFIG", "SET", "maxmemory", "1");
      for (int i = 0; i < KEYS; i++) {
        client.send("SET", "kept:" + i, "value");
      }
      for (int i = 0; i < KEYS; i++) {
        assertThat(client.reply()).startsWith("-ERR nothing was written: ").contains("OOM");
      }
      direct.call("CONFIG", "SET", "maxmemory", "0");
      assertThat(client.call("SET", "kept:1", "value")).isEqualTo("+OK\r\n");
    }
  }

  @Test
  void largeValues_areDrainedBesideSmallOnes() throws Exception {
    try (RespClient client = sidecar.connect()) {
      for (int i = 0; i < 40; i++) {
        client.call("SET", "kept:" + i, "small");
        client.call("SETRANGE", "kept:large:" + i, "" + (i % 2 == 0 ? 100_000 : 10), "x");
      }
    }
    drain();
    assertThat(
            database.count(
                "SELECT count(*) FROM nearside.entry WHERE convert_from(key, 'UTF8') LIKE"
                    + " 'kept:large:%'"))
        .isEqualTo(40);
  }

  /** Returns the numbers of an array reply, 0 for nil. */
  private static int[] numbers(String reply) {
    List<Integer> numbers = new ArrayList<>();
    String[] lines = reply.split("\r\n", -1);
    for (int i = 1; i < lines.length - 1; i++) {
      boolean nil = lines[i].equals("$-1");
      numbers.add(nil ? 0 : Integer.parseInt(lines[++i]));
    }
    return numbers.stream().mapToInt(Integer::intValue).toArray();
  }

  @Test
  void anyWritesAndReads_ofTheSameKeys_replyWhatRedisWould() throws IOException {
    Random random = new Random(23);
    RandomStringCommands commands = new RandomStringCommands(random, "kept:");
    try (RedisServer plain = RedisServer.start();
        RespClient model = RespClient.connect(plain.port());
        RespClient client = sidecar.connect()) {
      client.call("DEL", "kept:1", "kept:2", "kept:3");
      for (int pipeline = 0; pipeline < 30; pipeline++) {
        List<String[]> sent = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
          sent.add(
              switch (random.nextInt(6)) {
                case 0 -> new String[] {"GET", "kept:" + (1 + random.nextInt(3))};
                case 1 -> commands.next();
                default -> new String[] {"SET", "kept:" + (1 + random.nextInt(3)), "" + i};
              });
        }
        for (String[] command : sent) {
          client.send(command);
        }
        for (String[] command : sent) {
          assertThat(client.reply()).as("%s", List.of(command)).isEqualTo(model.call(command));
        }
      }
    }
  }

  private static double scripts() throws IOException {
    try (RespClient direct = RespClient.connect(redis.port())) {
      String stats = direct.call("INFO", "commandstats");
      return Double.parseDouble(stats.replaceAll("(?s).*cmdstat_evalsha:calls=(\\d+),.*", "$1"));
    }
  }
}
