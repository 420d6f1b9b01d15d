package dev.nearside.proxy.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.config.NearsideConfig.Namespace;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ShippedConfigurationTest {
  @Test
  void example_hasTheFamiliesWithTheirTtls() throws Exception {
    NearsideConfig config = load("nearside.yaml");
    Map<String, Duration> ttls =
        config.namespaces().stream().collect(Collectors.toMap(Namespace::name, Namespace::l2Ttl));
    assertThat(ttls)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "rule", Duration.ofHours(2),
                "session", Duration.ofMinutes(30),
                "analytics", Duration.ofHours(1),
                "prompt", Duration.ofMinutes(15),
                "user", Duration.ofHours(1)));
    assertThat(config.database()).isNotNull();
  }

  @Test
  void minimal_isTheDefaults() throws Exception {
    NearsideConfig flagOnly =
        new ConfigurationLoader(NamespaceChecks.NONE, TlsChecks.NONE)
            .load(
                new ConfigurationSources(
                    null,
                    Map.of(),
                    List.of(
                        new ConfigurationSources.Flag(
                            "--upstream", "upstream.uri", "redis://localhost:6379"))))
            .config();
    assertThat(load("nearside-minimal.yaml")).isEqualTo(flagOnly);
  }

  private static NearsideConfig load(String name) throws ConfigurationException {
    Path file = Checkout.root().resolve("config").resolve(name);
    return new ConfigurationLoader(NamespaceChecks.NONE, TlsChecks.NONE)
        .load(new ConfigurationSources(file, Map.of(), List.of()))
        .config();
  }
}
