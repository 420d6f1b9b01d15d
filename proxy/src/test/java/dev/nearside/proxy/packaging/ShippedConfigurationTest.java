package dev.nearside.proxy.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.nearside.proxy.config.ConfigurationException;
import dev.nearside.proxy.config.ConfigurationLoader;
import dev.nearside.proxy.config.ConfigurationSources;
import dev.nearside.proxy.config.NamespaceChecks;
import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.config.TlsChecks;
import io.fabric8.kubernetes.api.model.ConfigMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The loader takes the configurations that the container and the cluster are given. */
class ShippedConfigurationTest {
  @TempDir private Path directory;

  @Test
  void configuration_ofCompose_isTakenByTheLoader() throws Exception {
    Path file = SourceTree.root().resolve("docker/nearside.yaml");
    NearsideConfig config = load(Files.readString(file));
    assertThat(config.namespaces()).hasSize(5).allMatch(namespace -> namespace.read() != null);
    assertThat(config.http().host()).isEqualTo("0.0.0.0");
  }

  @Test
  void configuration_ofTheConfigMap_isTakenByTheLoader() throws Exception {
    Path manifest = SourceTree.root().resolve("config/kubernetes/deployment.yaml");
    ConfigMap map =
        Manifests.read(Files.readString(manifest)).stream()
            .filter(ConfigMap.class::isInstance)
            .map(ConfigMap.class::cast)
            .findFirst()
            .orElseThrow();
    NearsideConfig config = load(map.getData().get("nearside.yaml"));
    assertThat(config.listen().host()).isEqualTo("127.0.0.1");
    assertThat(config.upstream().password()).isEqualTo("secret of the test");
  }

  /** Loads {@code yaml} with every password file moved to one that exists here. */
  private NearsideConfig load(String yaml) throws IOException, ConfigurationException {
    Path password = Files.writeString(directory.resolve("password"), "secret of the test\n");
    String moved = yaml;
    for (JsonNode path : new YAMLMapper().readTree(yaml).findValues("password-file")) {
      moved = moved.replace(path.asText(), password.toString());
    }
    Path file = Files.writeString(directory.resolve("nearside.yaml"), moved);
    return new ConfigurationLoader(NamespaceChecks.NONE, TlsChecks.NONE)
        .load(new ConfigurationSources(file, Map.of(), List.of()))
        .config();
  }
}
