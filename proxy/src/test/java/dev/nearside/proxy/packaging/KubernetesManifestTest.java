package dev.nearside.proxy.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The shipped manifest fits the Kubernetes schema, and its parts fit each other. */
class KubernetesManifestTest {
  private static String yaml;
  private static List<HasMetadata> objects;
  private static PodSpec pod;
  private static Container sidecar;

  @BeforeAll
  static void read() throws IOException {
    yaml = Files.readString(SourceTree.root().resolve("config/kubernetes/deployment.yaml"));
    objects = Manifests.read(yaml);
    pod = only(Deployment.class).getSpec().getTemplate().getSpec();
    sidecar = pod.getInitContainers().getFirst();
  }

  private static <T extends HasMetadata> T only(Class<T> type) {
    List<T> found = objects.stream().filter(type::isInstance).map(type::cast).toList();
    assertThat(found).hasSize(1);
    return found.getFirst();
  }

  @ParameterizedTest
  @CsvSource({
    "restartPolicy:, restartPolice:",
    "readinessProbe:, readynessProbe:",
    "readOnlyRootFilesystem:, readOnlyRootFileSystem:",
    "terminationGracePeriodSeconds:, terminationGraceSeconds:",
    "matchLabels:, matchLabel:",
    "stringData:, stringdata:",
    "kind: ConfigMap, kind: ConfigMaps",
    "periodSeconds: 10, periodSeconds: soon",
    "seconds: 5, seconds: 5\\n                second: 5",
    "runAsUser: 65532, runAsUser: \"65532\"",
    "replicas: 2, replicas: 2\\n  replicas: 3"
  })
  void manifest_misspeltOrMistyped_isRefused(String right, String wrong) {
    String broken = yaml.replaceFirst("(?m)" + right + "(?=\\s)", wrong.replace("\\n", "\n"));
    assertThat(broken).isNotEqualTo(yaml);
    assertThatThrownBy(() -> Manifests.read(broken)).isInstanceOf(IOException.class);
  }

  @Test
  void sidecar_kind_isNativeAndOfThisVersion() throws IOException {
    assertThat(sidecar.getName()).isEqualTo("nearside");
    assertThat(sidecar.getRestartPolicy()).isEqualTo("Always");
    assertThat(sidecar.getImage()).isEqualTo("nearside:" + SourceTree.version());
    assertThat(pod.getContainers()).hasSize(1);
  }

  @Test
  void sidecar_probes_askTheHttpPort() throws IOException {
    int port = sidecar.getPorts().getFirst().getContainerPort();
    assertThat(configuration().path("http").asText()).isEqualTo("0.0.0.0:" + port);
    assertProbe(sidecar.getStartupProbe(), "/livez");
    assertProbe(sidecar.getReadinessProbe(), "/readyz");
    assertProbe(sidecar.getLivenessProbe(), "/livez");
  }

  private static void assertProbe(Probe probe, String path) {
    assertThat(probe.getHttpGet().getPath()).isEqualTo(path);
    assertThat(probe.getHttpGet().getPort().getStrVal())
        .isEqualTo(sidecar.getPorts().getFirst().getName());
  }

  @Test
  void sidecar_listener_isLoopbackAndWhatTheApplicationUses() throws IOException {
    String listen = configuration().path("listen").asText();
    assertThat(listen).startsWith("127.0.0.1:");
    assertThat(pod.getContainers().getFirst().getEnv())
        .anyMatch(variable -> ("redis://" + listen).equals(variable.getValue()));
  }

  @Test
  void pod_gracePeriod_leavesTimeForDrainAndPreStop() throws IOException {
    String grace = configuration().path("grace-period").asText();
    long drain = Long.parseLong(grace.substring(0, grace.length() - 1));
    long preStop = sidecar.getLifecycle().getPreStop().getSleep().getSeconds();
    assertThat(grace).endsWith("s");
    assertThat(pod.getTerminationGracePeriodSeconds()).isGreaterThan(preStop + drain);
  }

  @Test
  void pod_security_isRestricted() {
    assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
    assertThat(pod.getSecurityContext().getRunAsUser()).isPositive();
    assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
    assertThat(containers())
        .extracting(Container::getSecurityContext)
        .allSatisfy(context -> {
          assertThat(context.getAllowPrivilegeEscalation()).isFalse();
          assertThat(context.getReadOnlyRootFilesystem()).isTrue();
          assertThat(context.getCapabilities().getDrop()).containsExactly("ALL");
        });
  }

  private static List<Container> containers() {
    return Stream.concat(pod.getInitContainers().stream(), pod.getContainers().stream()).toList();
  }

  @Test
  void containers_memory_isRequestedAndLimitedAlike() {
    assertThat(containers())
        .extracting(Container::getResources)
        .allSatisfy(resources -> {
          assertThat(resources.getRequests()).containsKeys("cpu", "memory");
          assertThat(resources.getLimits().get("memory"))
              .isEqualTo(resources.getRequests().get("memory"));
        });
  }

  @Test
  void volumes_mounts_haveTheirSources() {
    assertThat(pod.getVolumes().getFirst().getConfigMap().getName())
        .isEqualTo(only(ConfigMap.class).getMetadata().getName());
    assertThat(pod.getVolumes().getLast().getSecret().getSecretName())
        .isEqualTo(only(Secret.class).getMetadata().getName());
    assertThat(pod.getVolumes().getLast().getSecret().getDefaultMode()).isEqualTo(0440);
    assertThat(pod.getVolumes())
        .extracting("name")
        .containsAll(sidecar.getVolumeMounts().stream().map(VolumeMount::getName).toList());
  }

  @Test
  void files_namedByArgumentsAndConfiguration_areMounted() throws IOException {
    String mounted = mountPath("configuration") + "/nearside.yaml";
    assertThat(sidecar.getArgs()).containsExactly("run", "--config", mounted);
    String key = only(Secret.class).getStringData().keySet().iterator().next();
    assertThat(configuration().at("/upstream/password-file").asText())
        .isEqualTo(mountPath("secret") + "/" + key);
  }

  private static String mountPath(String volume) {
    return sidecar.getVolumeMounts().stream()
        .filter(mount -> mount.getName().equals(volume))
        .findFirst()
        .orElseThrow()
        .getMountPath();
  }

  @Test
  void selector_labels_matchTheTemplate() {
    Deployment deployment = only(Deployment.class);
    assertThat(deployment.getSpec().getTemplate().getMetadata().getLabels())
        .containsAllEntriesOf(deployment.getSpec().getSelector().getMatchLabels());
  }

  private static JsonNode configuration() throws IOException {
    return new YAMLMapper().readTree(only(ConfigMap.class).getData().get("nearside.yaml"));
  }
}
