package dev.nearside.proxy.strings;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each write is applied to a real Redis and here: the replies are equal, and what is then there.
 */
final class StringWritesIT {
  private static final int COMMANDS = 6_000;
  private static final long CLOCK_MS = 900; // between the two readings of the time
  private static final int MOST_BYTES = 1024 * 1024;

  private static final List<String> KEYS = List.of("a", "b", "c");
  private static final List<String> VALUES =
      List.of(
          "",
          "x",
          "hello",
          "0",
          "7",
          "-3",
          "1.5",
          "12345.2",
          "0.1",
          "9223372036854775807",
          " 1",
          "01",
          "3.0e3",
          "nan",
          "\u0000\u00ff");
  private static final List<String> NUMBERS =
      List.of(
          "1",
          "0",
          "-1",
          "5",
          "100",
          "9223372036854775807",
          "-9223372036854775808",
          "1.5",
          "x",
          "",
          "007",
          "-0",
          "+1",
          "99999999999999999999",
          "4102444800",
          "4102444800000");
  private static final List<String> FRACTIONS =
      List.of(
          "0.1",
          "-0.1",
          "1",
          "3.14159",
          "1e3",
          "5.0e-3",
          "12345.1",
          "1e400",
          "1e5000",
          "1e-5000",
          "inf",
          "nan",
          "",
          ".5",
          "5.",
          "+2",
          " 1",
          "1 ",
          "-0",
          "0.00000000000000001");

  private static final List<String> ODD_TIMES =
      List.of(
          "0",
          "-1",
          "x",
          "",
          "1.5",
          "007",
          "+1",
          "9223372036854775807",
          "9223372036854775",
          "-9223372036854775808",
          "99999999999999999999");

  private static RedisServer redis;
  private static RespClient client;

  @BeforeAll
  static void start() throws Exception {
    redis = RedisServer.start(RedisProgram.ON_PATH);
    client = RespClient.connect(redis.port());
  }

  @AfterAll
  static void stop() throws Exception {
    client.close();
    redis.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void apply_randomWrites_comesToWhatRedisMakesOfThem(long seed) throws Exception {
    client.call("FLUSHALL");
    Random random = new Random(seed);
    for (int i = 0; i < COMMANDS; i++) {
      compare(any(random));
    }
  }

  @Test
  void names_everyOne_isComparedHere() {
    Random random = new Random(0);
    List<String> seen =
        random.ints(20_000).mapToObj(i -> any(random).getFirst()).distinct().toList();

    assertThat(seen).containsExactlyInAnyOrderElementsOf(StringWrites.names());
  }

  private static void compare(List<String> command) throws IOException {
    List<byte[]> args = command.stream().map(arg -> arg.getBytes(ISO_8859_1)).toList();
    long nowMs = System.currentTimeMillis();
    String expected;
    List<KeyState> after = new ArrayList<>();
    List<String> keys = new ArrayList<>();
    try {
      StringWrite write = StringWrites.of(args, MOST_BYTES);
      write.keys().forEach(key -> keys.add(new String(key, ISO_8859_1)));
      Map<String, KeyState> held = new HashMap<>();
      for (String key : keys) {
        held.putIfAbsent(key, state(key));
      }
      StringWrite.Change change = write.apply(keys.stream().map(held::get).toList(), nowMs);
      byte[] reply = change.reply();
      expected = new String(reply == null ? Replies.nullBulk(false) : reply, ISO_8859_1);
      after.addAll(change.after());
    } catch (RefusedWriteException e) {
      expected = "-" + e.getMessage() + "\r\n";
      after.clear();
    }

    assertThat(client.call(command.toArray(String[]::new))).as("%s", command).isEqualTo(expected);
    for (int i = 0; i < after.size(); i++) {
      KeyState real = state(keys.get(i));
      KeyState ours = after.get(i);
      assertThat(real.value()).as("%s of %s", keys.get(i), command).isEqualTo(ours.value());
      assertThat(real.expiresAtMs())
          .as("end of %s after %s", keys.get(i), command)
          .isCloseTo(ours.expiresAtMs(), within(CLOCK_MS));
    }
  }

  private static KeyState state(String key) throws IOException {
    String value = client.call("GET", key);
    if (value.startsWith("$-1")) {
      return KeyState.absent();
    }
    String bytes = value.substring(value.indexOf('\n') + 1, value.length() - 2);
    String end = client.call("PEXPIRETIME", key);
    return new KeyState(bytes.getBytes(ISO_8859_1), Long.parseLong(end.substring(1).trim()));
  }

  private static List<String> any(Random random) {
    List<String> names = StringWrites.names().stream().sorted(Comparator.naturalOrder()).toList();
    String name = names.get(random.nextInt(names.size()));
    String key = KEYS.get(random.nextInt(KEYS.size()));
    return switch (name) {
      case "SET" -> set(random, key);
      case "SETEX", "PSETEX" -> List.of(name, key, time(random), value(random));
      case "SETNX", "GETSET", "APPEND" -> List.of(name, key, value(random));
      case "MSET", "MSETNX" -> pairs(random, name);
      case "DEL", "UNLINK" -> several(random, name);
      case "GETDEL", "PERSIST", "INCR", "DECR" -> List.of(name, key);
      case "GETEX" -> getex(random, key);
      case "EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT" -> expire(random, name, key);
      case "INCRBY", "DECRBY" -> List.of(name, key, of(random, NUMBERS));
      case "INCRBYFLOAT" -> List.of(name, key, of(random, FRACTIONS));
      case "SETRANGE" -> List.of(name, key, offset(random), value(random));
      default -> throw new AssertionError("no way to make a " + name);
    };
  }

  private static List<String> set(Random random, String key) {
    List<String> args = new ArrayList<>(List.of("SET", key, value(random)));
    int options = random.nextInt(4);
    for (int i = 0; i < options; i++) {
      String option =
          of(random, List.of("NX", "XX", "GET", "KEEPTTL", "EX", "px", "EXAT", "PXAT", "WRONG"));
      args.add(option);
      if (option.length() == 2
          && option.toLowerCase(Locale.ROOT).endsWith("x")
          && !option.equals("NX")
          && !option.equals("XX")) {
        args.add(time(random));
      } else if (option.endsWith("AT")) {
        args.add(time(random));
      }
    }
    return args;
  }

  private static List<String> getex(Random random, String key) {
    return switch (random.nextInt(6)) {
      case 0 -> List.of("GETEX", key);
      case 1 -> List.of("GETEX", key, "PERSIST");
      case 2 -> List.of("GETEX", key, "EX", time(random), "PERSIST");
      default ->
          List.of("GETEX", key, of(random, List.of("EX", "PX", "EXAT", "PXAT")), time(random));
    };
  }

  private static List<String> expire(Random random, String name, String key) {
    List<String> args = new ArrayList<>(List.of(name, key, time(random)));
    int options = random.nextInt(3);
    for (int i = 0; i < options; i++) {
      args.add(of(random, List.of("NX", "XX", "GT", "lt", "WRONG")));
    }
    return args;
  }

  private static List<String> pairs(Random random, String name) {
    List<String> args = new ArrayList<>(List.of(name));
    int count = 2 + random.nextInt(6);
    for (int i = 0; i < count; i++) {
      args.add(i % 2 == 0 ? of(random, KEYS) : value(random));
    }
    return args;
  }

  private static List<String> several(Random random, String name) {
    List<String> args = new ArrayList<>(List.of(name));
    int count = 1 + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      args.add(of(random, KEYS));
    }
    return args;
  }

  private static String value(Random random) {
    return of(random, random.nextInt(3) == 0 ? NUMBERS : VALUES);
  }

  /** Most are far away, and no two the same: near ones end, and equal ones differ, meanwhile. */
  private static String time(Random random) {
    return random.nextInt(4) == 0
        ? of(random, ODD_TIMES)
        : Long.toString(
            of(random, List.of(100_000L, 4_102_444_800L, 4_102_444_800_000L))
                + 10L * random.nextInt(100_000));
  }

  private static String offset(Random random) {
    return of(random, List.of("0", "3", "20", "-1", "x", "99999999999"));
  }

  private static <T> T of(Random random, List<T> all) {
    return all.get(random.nextInt(all.size()));
  }
}
