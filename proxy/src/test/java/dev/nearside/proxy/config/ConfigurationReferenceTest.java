package dev.nearside.proxy.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import org.junit.jupiter.api.Test;

class ConfigurationReferenceTest {
  private static final String BEGIN = "<!-- configuration:begin -->\n";
  private static final String END = "<!-- configuration:end -->";

  @Test
  void readme_holdsTheReference() throws Exception {
    String readme = Files.readString(Checkout.root().resolve("README.md"));
    assertThat(readme).containsOnlyOnce(BEGIN).containsOnlyOnce(END);
    assertThat(readme.substring(readme.indexOf(BEGIN) + BEGIN.length(), readme.indexOf(END)))
        .isEqualTo(ConfigurationReference.referenceMarkdown());
  }

  @Test
  void reference_namesEveryKey() {
    String reference = ConfigurationReference.referenceMarkdown();
    assertThat(Keys.ALL)
        .allSatisfy(key -> assertThat(reference).contains("| `" + key.path() + "` | "));
    assertThat(NamespaceKeys.ALL)
        .allSatisfy(key -> assertThat(reference).contains("| `" + key.path() + "` | "));
  }
}
