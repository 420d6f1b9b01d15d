package dev.nearside.proxy.invalidation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** A pattern chooses the keys that Redis's KEYS chooses. */
class GlobIT {
  private static final String NAMED = "abc-]*\\^";
  private static final String PATTERNS = "aabbc--]]**??[[[\\^^";
  private static final int ROUNDS = 3_000;

  @Test
  void matches_randomPatterns_likeKeys() throws IOException {
    Random random = new Random(42);
    try (RedisServer redis = RedisServer.start();
        RespClient client = RespClient.connect(redis.port())) {
      List<String> names = names();
      for (String name : names) {
        client.call("SET", name, "v");
      }
      int chosen = 0;
      for (int i = 0; i < ROUNDS; i++) {
        String pattern = pattern(random);
        Set<String> expected = keys(client.call("KEYS", pattern));
        chosen += expected.size();
        assertThat(matching(pattern, names)).as(pattern).isEqualTo(expected);
      }
      assertThat(chosen).isGreaterThan(ROUNDS);
    }
  }

  /** Every name of one or two characters. */
  private static List<String> names() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < NAMED.length(); i++) {
      names.add("" + NAMED.charAt(i));
      for (int j = 0; j < NAMED.length(); j++) {
        names.add("" + NAMED.charAt(i) + NAMED.charAt(j));
      }
    }
    return names;
  }

  private static String pattern(Random random) {
    StringBuilder pattern = new StringBuilder();
    for (int i = 1 + random.nextInt(7); i > 0; i--) {
      pattern.append(PATTERNS.charAt(random.nextInt(PATTERNS.length())));
    }
    return pattern.toString();
  }

  private static Set<String> matching(String pattern, List<String> names) {
    Glob glob = new Glob(pattern.getBytes(StandardCharsets.ISO_8859_1));
    Set<String> matching = new TreeSet<>();
    for (String name : names) {
      if (glob.matches(name.getBytes(StandardCharsets.ISO_8859_1), name.length())) {
        matching.add(name);
      }
    }
    return matching;
  }

  /** Returns the elements of an array of bulk strings; none holds a line break. */
  private static Set<String> keys(String reply) {
    List<String> lines = reply.lines().toList();
    Set<String> keys = new TreeSet<>();
    for (int i = 2; i < lines.size(); i += 2) {
      keys.add(lines.get(i));
    }
    return keys;
  }
}
