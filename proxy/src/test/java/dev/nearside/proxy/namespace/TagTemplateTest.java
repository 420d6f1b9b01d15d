package dev.nearside.proxy.namespace;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nearside.proxy.config.NearsideConfig;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TagTemplateTest {
  private static NearsideConfig.Namespace config(String name, String keys, String... tags) {
    Duration any = Duration.ofSeconds(1);
    return new NearsideConfig.Namespace(name, keys, any, any, any, false, any, List.of(tags), null);
  }

  private static List<String> tagsOf(String key, NearsideConfig.Namespace... namespaces) {
    byte[] bytes = Arrays.copyOf(key.getBytes(UTF_8), key.length() + 3); // more than the name
    return Namespaces.of(List.of(namespaces)).tagsOf(bytes, key.length()).stream()
        .map(tag -> new String(tag, UTF_8))
        .toList();
  }

  @Test
  void tagsOf_aKey_areTheNamespaceAndItsTemplates() {
    assertThat(
            tagsOf(
                "order:eu:17",
                config("user", "user:{id}"),
                config(
                    "order",
                    "order:{region}:{id:bigint}",
                    "region:{region}",
                    "{id}/{region}",
                    "all")))
        .containsExactly("order", "region:eu", "17/eu", "all");
  }

  @Test
  void tagsOf_aKeyOfNoNamespace_areNone() {
    assertThat(tagsOf("order:eu:x", config("order", "order:{region}:{id:bigint}", "all")))
        .isEmpty();
  }

  @Test
  void tagsOf_aKey_areThoseOfTheFirstNamespaceAlone() {
    assertThat(tagsOf("a:1", config("first", "a:*", "f"), config("second", "a:{id}", "s")))
        .containsExactly("first", "f");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "account:{nobody} | names the part \"nobody\"; expected one of region, id",
        "account:{id      | has a { without its }",
        "account:id}      | has a } without its {",
        "{id:bigint}      | names the part \"id:bigint\"; expected one of region, id"
      })
  void checkTags_whatCannotBeRead_isRefused(String tag, String why) {
    assertThatThrownBy(
            () -> Namespace.checkTags(config("order", "order:{region}:{id:bigint}", tag)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }

  @Test
  void checkTags_ofKeysWithoutParts_saysSo() {
    assertThatThrownBy(() -> Namespace.checkTags(config("rule", "rule:*", "x{id}")))
        .hasMessageContaining("expected one of none, for the keys have no parts");
  }
}
