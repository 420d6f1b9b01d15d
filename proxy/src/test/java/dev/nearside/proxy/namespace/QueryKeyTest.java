package dev.nearside.proxy.namespace;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nearside.proxy.config.NearsideConfig;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QueryKeyTest {
  private static final String[] PIECES = {"", "%", "%25", "%3A", ":", "25", "3A", "a", "ö", "{b}"};

  private static Namespace query(List<String> arguments, String... tags) {
    return Namespaces.of(
            new NearsideConfig(
                    null,
                    0,
                    null,
                    null,
                    null,
                    false,
                    null,
                    1,
                    null,
                    null,
                    null,
                    null,
                    null,
                    List.of(),
                    List.of(
                        new NearsideConfig.Query(
                            "top",
                            "SELECT 1",
                            arguments,
                            Duration.ofMinutes(1),
                            Duration.ofMinutes(1),
                            false,
                            Duration.ZERO,
                            List.of(tags),
                            10,
                            1000)),
                    null)
                .allNamespaces())
        .query("top");
  }

  private static byte[] key(Namespace query, String... arguments) {
    return QueryKey.of(query, Stream.of(arguments).map(each -> each.getBytes(UTF_8)).toList());
  }

  @ParameterizedTest
  @CsvSource({
    "DE, 2026-01-01, nearside:query:top:DE:2026-01-01",
    "'', '', nearside:query:top:%:%",
    "a:b, 50%, nearside:query:top:a%3Ab:50%25",
    "%3A, %, nearside:query:top:%253A:%25"
  })
  void of_arguments_isTheKeyThatTheReadmeSays(String first, String second, String key) {
    assertThat(new String(key(query(List.of("a", "b")), first, second), UTF_8)).isEqualTo(key);
  }

  @Test
  void of_noArguments_isTheName() {
    assertThat(new String(key(query(List.of())), UTF_8)).isEqualTo("nearside:query:top");
  }

  @Test
  void of_manyLists_neverMeetsAndReadsBack() {
    Random random = new Random(7);
    Namespace query = query(List.of("a", "b", "c"));
    Map<ByteBuffer, List<String>> seen = new HashMap<>();
    for (int i = 0; i < 20_000; i++) {
      List<String> arguments = new ArrayList<>();
      for (int j = 0; j < 3; j++) {
        StringBuilder argument = new StringBuilder();
        for (int pieces = random.nextInt(4); pieces > 0; pieces--) {
          argument.append(PIECES[random.nextInt(PIECES.length)]);
        }
        arguments.add(argument.toString());
      }
      byte[] key = key(query, arguments.toArray(String[]::new));
      assertThat(seen.putIfAbsent(ByteBuffer.wrap(key), arguments)).isIn(null, arguments);
      assertThat(Stream.of(query.template().partsOf(key)).map(o -> QueryKey.argument((String) o)))
          .containsExactlyElementsOf(arguments);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\0b", "\0"})
  void of_whatIsNoText_isRefused(String argument) {
    assertThatThrownBy(() -> key(query(List.of("a", "b")), "x", argument))
        .hasMessage("argument b is not UTF-8 without NUL");
    assertThatThrownBy(() -> QueryKey.of(query(List.of("a")), List.of(new byte[] {(byte) 0xff})))
        .hasMessage("argument a is not UTF-8 without NUL");
  }

  @Test
  void tagsOf_aResult_areMadeOfItsArgumentsAsTheyWereGiven() {
    Namespace query = query(List.of("a", "b"), "country:{a}", "{b}", "all");
    byte[] key = key(query, "x:y%", "");
    assertThat(query.tagsOf(key, key.length))
        .extracting(tag -> new String(tag, UTF_8))
        .containsExactly("query:top", "country:x:y%", "", "all");
  }
}
