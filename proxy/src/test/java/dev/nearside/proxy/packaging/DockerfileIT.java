package dev.nearside.proxy.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.nearside.proxy.packaging.Commands.Outcome;
import dev.nearside.proxy.packaging.Dockerfile.Instruction;
import dev.nearside.proxy.packaging.Dockerfile.Stage;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the steps of docker/Dockerfile outside a container, by the very command lines that stand
 * there, and starts what they made as the image does: by its entry point, as its user, in a
 * directory nobody can write to. The build step itself is the launcher's and has already run.
 */
class DockerfileIT {
  private static final Path JAVA_HOME = Path.of(System.getProperty("java.home"));

  @TempDir static Path temp;
  private static Stage image;
  private static String installed;
  private static Path out;

  @BeforeAll
  static void runSteps() throws Exception {
    Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxr-xr-x"));
    Dockerfile dockerfile =
        Dockerfile.parse(Files.readString(SourceTree.root().resolve("docker/Dockerfile")));
    Stage steps = dockerfile.stage("image");
    image = dockerfile.last();
    installed = steps.last("ENV").orElseThrow().arguments().substring("OUT=".length());
    out = temp.resolve("image");
    Path source = copyOfTree();
    for (Instruction step : steps.all("RUN")) {
      Outcome outcome = shell(source, step.arguments());
      assertThat(outcome.status()).as("%s%n%s", step, outcome.output()).isZero();
    }
    copyIntoImage(source);
    assertThat(shell(temp, "chmod -R a-w \"$OUT\"").status()).isZero();
  }

  /** The files the steps read: what was built, and the folder of the Dockerfile. */
  private static Path copyOfTree() throws IOException {
    Path source = temp.resolve("source");
    Path target = SourceTree.root().resolve("proxy/target");
    copyFiles(target.resolve("lib"), ".jar", source.resolve("proxy/target/lib"));
    copyFiles(target, ".jar", source.resolve("proxy/target"));
    copyFiles(SourceTree.root().resolve("docker"), "", source.resolve("docker"));
    return source;
  }

  private static void copyFiles(Path from, String suffix, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = file.getFileName().toString();
        if (name.endsWith(suffix)) {
          Files.copy(file, to.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
        }
      }
    }
  }

  /**
   * Does what the COPY instructions without --from do, moving paths to where this test installs.
   */
  private static void copyIntoImage(Path source) throws IOException {
    for (Instruction copy : image.all("COPY").stream().filter(c -> c.flags().isEmpty()).toList()) {
      for (String file : copy.words().subList(0, copy.words().size() - 1)) {
        Path from = source.resolve(file);
        Files.copy(from, out.resolve(from.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
    Path options = out.resolve("jvm.options");
    Files.writeString(options, moved(Files.readString(options)));
  }

  private static String moved(String text) {
    return text.replace(installed, out.toString());
  }

  private static Outcome shell(Path directory, String command) throws Exception {
    String path = JAVA_HOME.resolve("bin") + ":" + System.getenv("PATH");
    return Commands.run(
        directory, Map.of("OUT", out.toString(), "PATH", path), List.of("/bin/sh", "-c", command));
  }

  /** Starts the entry point as the image does, with {@code flags} and another class as main. */
  private static Outcome start(String classPath, String main, String... flags) throws Exception {
    List<String> command = entrypoint();
    command.removeLast();
    command.addAll(List.of(flags));
    if (!classPath.isEmpty()) {
      String own = Files.readString(out.resolve("class-path")).strip();
      command.addAll(List.of("-cp", own.substring("-cp ".length()) + ":" + classPath));
    }
    command.add(main);
    return asImageUser(command);
  }

  private static List<String> entrypoint() {
    return image.last("ENTRYPOINT").orElseThrow().execForm().stream()
        .map(DockerfileIT::moved)
        .collect(Collectors.toCollection(ArrayList::new));
  }

  private static Outcome asImageUser(List<String> command) throws Exception {
    String user = image.last("USER").orElseThrow().arguments();
    return Commands.run(out, Map.of(), Commands.unprivileged(user, command));
  }

  @Test
  void runtime_modules_areAllThatJdepsFinds() throws Exception {
    Outcome modules = start("", "", "--list-modules");
    assertThat(modules.status()).as(modules.output()).isZero();
    Set<String> linked =
        modules.output().lines().map(l -> l.split("@", 2)[0]).collect(Collectors.toSet());
    assertThat(linked).containsAll(modulesOfJars()).doesNotContain("jdk.compiler", "java.desktop");
  }

  /**
   * Asks jdeps for the modules the jars use. Only two corners name java.desktop, and none of them
   * runs here: bean properties in SnakeYAML, and a conversion of PostgreSQL's point type.
   */
  private static Set<String> modulesOfJars() throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("-summary", "--multi-release", "25", "--ignore-missing-deps"));
    try (Stream<Path> jars = Files.list(out.resolve("lib"))) {
      jars.map(Path::toString).forEach(arguments::add);
    }
    StringWriter printed = new StringWriter();
    ToolProvider jdeps = ToolProvider.findFirst("jdeps").orElseThrow();
    PrintWriter writer = new PrintWriter(printed);
    assertThat(jdeps.run(writer, writer, arguments.toArray(String[]::new)))
        .as(printed.toString())
        .isZero();
    Set<String> modules =
        Pattern.compile("-> (j(?:ava|dk)\\.\\S+)$", Pattern.MULTILINE)
            .matcher(printed.toString())
            .results()
            .map(found -> found.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(modules).contains("java.base", "java.sql");
    modules.remove("java.desktop");
    return modules;
  }

  @Test
  void image_aheadOfTimeCache_fitsTheFlagsAndJarsOfTheImage() throws Exception {
    Outcome outcome = start("", "dev.nearside.proxy.Nearside", "-XX:AOTMode=on", "-version");
    assertThat(outcome.status()).as(outcome.output()).isZero();
    String unfit = "-XX:-UseCompactObjectHeaders";
    Outcome without = start("", "dev.nearside.proxy.Nearside", unfit, "-version");
    assertThat(without.status()).as(without.output()).isZero();
    assertThat(start("", "", "-XX:AOTMode=on", unfit, "-version").status()).isNotZero();
  }

  @Test
  void runtime_natives_loadWhereNothingCanBeWritten() throws Exception {
    Path probe = copyOfProbe();
    Outcome outcome =
        start(
            probe.toString(),
            NativeProbe.class.getName(),
            "-Djava.io.tmpdir=" + out.resolve("lib"));
    assertThat(outcome.output()).contains("epoll loaded", "lz4 LZ4Factory:JNI");
    assertThat(outcome.output()).doesNotContain("WARNING");
    assertThat(outcome.status()).isZero();
  }

  private static Path copyOfProbe() throws IOException {
    String file = NativeProbe.class.getName().replace('.', '/') + ".class";
    Path copy = temp.resolve("probe").resolve(file);
    Files.createDirectories(copy.getParent());
    try (InputStream compiled = NativeProbe.class.getResourceAsStream("/" + file)) {
      Files.copy(compiled, copy);
    }
    return temp.resolve("probe");
  }

  @Test
  void entrypoint_version_isSaid() throws Exception {
    List<String> command = entrypoint();
    command.add("version");
    assertThat(asImageUser(command))
        .isEqualTo(new Outcome(0, "nearside " + SourceTree.version() + "\n"));
  }

  @Test
  void image_anotherCollector_isChosenByTheEnvironment() throws Exception {
    List<String> command = new ArrayList<>();
    command.add("/usr/bin/env");
    command.add("_JAVA_OPTIONS=-XX:-UseSerialGC -XX:+UseZGC -Xlog:gc");
    command.addAll(entrypoint());
    command.add("version");
    Outcome outcome = asImageUser(command);
    assertThat(outcome.status()).as(outcome.output()).isZero();
    assertThat(outcome.output())
        .contains("Using The Z Garbage Collector", "nearside " + SourceTree.version());
  }

  @Test
  void image_files_cannotBeChangedByItsUser() throws Exception {
    Outcome outcome = asImageUser(List.of("/bin/sh", "-c", "touch written lib/written"));
    assertThat(outcome.status()).isNotZero();
    assertThat(out.resolve("written")).doesNotExist();
  }

  @Test
  void image_jars_haveNoTestsAmongThem() throws Exception {
    try (Stream<Path> jars = Files.list(out.resolve("lib"))) {
      assertThat(jars.map(j -> j.getFileName().toString()))
          .contains("proxy-" + SourceTree.version() + ".jar")
          .noneMatch(name -> name.contains("-tests") || name.startsWith("junit"));
    }
  }

  @Test
  void healthcheck_liveProcess_succeeds() throws Exception {
    assertThat(healthOfServerThatAnswers(200)).isZero();
  }

  @Test
  void healthcheck_processThatSaysUnavailable_fails() throws Exception {
    assertThat(healthOfServerThatAnswers(503)).isNotZero();
  }

  @Test
  void healthcheck_processThatNeverAnswers_fails() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThat(health(silent.getLocalPort())).isNotZero();
    }
  }

  @Test
  void healthcheck_nobodyListens_fails() throws Exception {
    int port;
    try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = closed.getLocalPort();
    }
    assertThat(health(port)).isNotZero();
  }

  private static int healthOfServerThatAnswers(int status) throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/livez",
        exchange -> {
          byte[] body = "body\n".getBytes(UTF_8);
          exchange.sendResponseHeaders(status, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    try {
      return health(server.getAddress().getPort());
    } finally {
      server.stop(0);
    }
  }

  private static int health(int port) throws Exception {
    String user = image.last("USER").orElseThrow().arguments();
    Path check = out.resolve("healthcheck");
    return Commands.run(
            out,
            Map.of("NEARSIDE_HTTP", "0.0.0.0:" + port),
            Commands.unprivileged(user, List.of(check.toString())))
        .status();
  }
}
