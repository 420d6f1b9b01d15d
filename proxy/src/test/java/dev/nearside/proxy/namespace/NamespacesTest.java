package dev.nearside.proxy.namespace;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.nearside.proxy.config.NearsideConfig;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class NamespacesTest {
  private static final Namespaces FAMILIES =
      Namespaces.of(
          List.of(
              config("prompt", "prompt:{id:bigint}"),
              config("prompt-other", "prompt:*"),
              config("rule", "rule:{name}"),
              config("session", "session:{id:uuid}"),
              config("tail", "{any}:tail")));

  @Test
  void find_firstMatchInOrderWins() {
    assertThat(find("prompt:7")).isEqualTo("prompt");
    assertThat(find("prompt:007")).isEqualTo("prompt-other");
    assertThat(find("rule:x")).isEqualTo("rule");
    assertThat(find("rule:x:tail")).isEqualTo("rule");
    assertThat(find("x:tail")).isEqualTo("tail");
    assertThat(find("session:1:tail")).isEqualTo("tail");
  }

  @Test
  void find_noMatch_isNull() {
    assertThat(find("")).isNull();
    assertThat(find("p")).isNull();
    assertThat(find("session:1")).isNull();
    assertThat(find("\u00fc")).isNull();
  }

  @Test
  void find_matchAll_takesEveryKey() {
    Namespaces all = Namespaces.of(List.of(config("all", "*")));
    for (int first = 0; first < 256; first++) {
      assertThat(all.find(new byte[] {(byte) first}, 0, 1)).isNotNull();
    }
    assertThat(all.find(new byte[0], 0, 0)).isNotNull();
  }

  @Test
  void find_allocatesNothing() {
    byte[][] keys = {bytes("prompt:123456"), bytes("rule:a"), bytes("nothing"), bytes("x:tail")};
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    findAll(keys, 100_000);
    long before = threads.getCurrentThreadAllocatedBytes();
    int found = findAll(keys, 100_000);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(found).isEqualTo(300_000);
    assertThat(allocated).isLessThan(100_000); // an object a key would be millions
  }

  @Test
  void of_keepsThePolicy() {
    Namespace namespace = FAMILIES.all().getFirst();
    assertThat(namespace.l1TtlNanos()).isEqualTo(2_000_000_000L);
    assertThat(namespace.l2Ttl()).isEqualTo(Duration.ofMinutes(15));
    assertThat(namespace.negativeTtl()).isEqualTo(Duration.ofSeconds(1));
    assertThat(namespace.strict()).isFalse();
    assertThat(namespace.read()).isNull();
    assertThat(namespace).hasToString("prompt (prompt:{id:bigint})");
  }

  @Test
  void of_malformedTemplate_throws() {
    List<NearsideConfig.Namespace> malformed = List.of(config("bad", "a{b"));
    assertThatThrownBy(() -> Namespaces.of(malformed)).isInstanceOf(IllegalArgumentException.class);
  }

  private static int findAll(byte[][] keys, int rounds) {
    int found = 0;
    for (int i = 0; i < rounds; i++) {
      for (byte[] key : keys) {
        if (FAMILIES.find(key, 0, key.length) != null) {
          found++;
        }
      }
    }
    return found;
  }

  private static String find(String key) {
    byte[] bytes = bytes(key);
    Namespace found = FAMILIES.find(bytes, 0, bytes.length);
    return found == null ? null : found.name();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static NearsideConfig.Namespace config(String name, String keys) {
    return new NearsideConfig.Namespace(
        name,
        keys,
        Duration.ofSeconds(2),
        Duration.ofMinutes(15),
        Duration.ofSeconds(1),
        false,
        Duration.ZERO,
        List.of(),
        null);
  }
}
