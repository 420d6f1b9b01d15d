package dev.nearside.proxy.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The compose file names what exists, and holds every container to the same restrictions. */
class ComposeTest {
  private static final Path DOCKER = SourceTree.root().resolve("docker");

  /** The keys of the Compose specification that ours uses; another one is a spelling mistake. */
  private static final Map<String, Set<String>> KEYS =
      Map.of(
          "",
          Set.of("name", "services", "secrets"),
          "service",
          Set.of(
              "image",
              "build",
              "command",
              "init",
              "depends_on",
              "environment",
              "secrets",
              "volumes",
              "ports",
              "network_mode",
              "user",
              "read_only",
              "cap_drop",
              "security_opt",
              "tmpfs",
              "shm_size",
              "mem_limit",
              "cpus",
              "pids_limit",
              "stop_grace_period",
              "healthcheck"),
          "build",
          Set.of("context", "dockerfile"),
          "healthcheck",
          Set.of("test", "interval", "timeout", "retries"));

  private static JsonNode compose;

  @BeforeAll
  static void read() throws IOException {
    compose = parse(Files.readString(DOCKER.resolve("compose.yaml")));
  }

  private static JsonNode parse(String yaml) throws IOException {
    YAMLFactory strict =
        YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    return new YAMLMapper(strict).readTree(yaml);
  }

  static Stream<String> services() {
    return Stream.of("redis", "postgres", "nearside", "app");
  }

  @Test
  void services_all_areTheExpectedOnes() {
    assertThat(names(compose.path("services"))).containsExactlyElementsOf(services().toList());
  }

  @Test
  void keys_all_areOfTheSpecification() {
    assertThat(unknownKeys(compose)).isEmpty();
  }

  @Test
  void keys_misspelt_areFound() throws IOException {
    String broken = Files.readString(DOCKER.resolve("compose.yaml"));
    for (String key : List.of("healthcheck:", "read_only:", "retries:", "dockerfile:")) {
      String misspelt = broken.replace(key, "x" + key);
      assertThat(unknownKeys(parse(misspelt))).as(key).isNotEmpty();
    }
  }

  private static List<String> unknownKeys(JsonNode file) {
    List<String> unknown = new ArrayList<>(unknownKeys("", file));
    for (JsonNode service : file.path("services")) {
      unknown.addAll(unknownKeys("service", service));
      unknown.addAll(unknownKeys("build", service.path("build")));
      unknown.addAll(unknownKeys("healthcheck", service.path("healthcheck")));
    }
    return unknown;
  }

  private static List<String> unknownKeys(String kind, JsonNode node) {
    return names(node).stream().filter(name -> !KEYS.get(kind).contains(name)).toList();
  }

  private static List<String> names(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @ParameterizedTest
  @MethodSource("services")
  void service_image_isPinnedByVersion(String name) {
    assertThat(service(name).path("image").asText()).matches("[a-z]+:[0-9]+\\.[0-9]+(\\.[0-9]+)?");
  }

  @ParameterizedTest
  @MethodSource("services")
  void service_health_isChecked(String name) {
    JsonNode check = service(name).path("healthcheck");
    assertThat(check.path("test").path(0).asText()).isEqualTo("CMD");
    assertThat(check.path("interval").asText()).matches("[0-9]+s");
    assertThat(check.path("retries").asInt()).isPositive();
  }

  @ParameterizedTest
  @MethodSource("services")
  void service_rights_areTakenAway(String name) {
    JsonNode service = service(name);
    assertThat(service.path("read_only").asBoolean()).isTrue();
    assertThat(service.path("cap_drop").path(0).asText()).isEqualTo("ALL");
    assertThat(service.path("security_opt").path(0).asText()).isEqualTo("no-new-privileges:true");
    assertThat(service.path("tmpfs")).isNotEmpty();
  }

  @ParameterizedTest
  @MethodSource("services")
  void service_resources_areLimited(String name) {
    assertThat(service(name).path("mem_limit").asText()).matches("[0-9]+m");
    assertThat(service(name).path("cpus").asInt()).isPositive();
    assertThat(service(name).path("pids_limit").asInt()).isPositive();
  }

  @ParameterizedTest
  @MethodSource("services")
  void service_references_exist(String name) {
    JsonNode service = service(name);
    assertThat(names(service.path("depends_on"))).isSubsetOf(services().toList());
    for (JsonNode volume : service.path("volumes")) {
      assertThat(DOCKER.resolve(volume.asText().split(":", 2)[0])).isRegularFile();
    }
    for (JsonNode secret : service.path("secrets")) {
      String file = compose.at("/secrets/" + secret.asText() + "/file").asText();
      assertThat(DOCKER.resolve(file)).isRegularFile();
    }
  }

  @Test
  void nearside_build_isTheDockerfileFromTheTop() throws IOException {
    JsonNode nearside = service("nearside");
    Path context = DOCKER.resolve(nearside.at("/build/context").asText()).normalize();
    assertThat(context).isEqualTo(SourceTree.root());
    assertThat(context.resolve(nearside.at("/build/dockerfile").asText())).isRegularFile();
    assertThat(nearside.path("image").asText()).isEqualTo("nearside:" + SourceTree.version());
  }

  @Test
  void nearside_configuration_fitsTheServices() throws IOException {
    JsonNode configuration = parse(Files.readString(DOCKER.resolve("nearside.yaml")));
    assertThat(configuration.at("/upstream/uri").asText()).isEqualTo("redis://redis:6379");
    assertThat(configuration.at("/database/url").asText())
        .isEqualTo(
            "jdbc:postgresql://postgres:5432/"
                + service("postgres").at("/environment/POSTGRES_DB").asText());
    assertThat(configuration.at("/database/password-file").asText())
        .isEqualTo("/run/secrets/" + service("nearside").path("secrets").path(0).asText());
    assertThat(configuration.path("http").asText()).isEqualTo("0.0.0.0:9380");
  }

  private static JsonNode service(String name) {
    return compose.path("services").path(name);
  }
}
