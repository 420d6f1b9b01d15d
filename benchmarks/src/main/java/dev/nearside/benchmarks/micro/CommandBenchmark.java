package dev.nearside.benchmarks.micro;

import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.CommandTable;
import dev.nearside.proxy.resp.RequestParser;
import dev.nearside.proxy.resp.Requests;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A command by the name in a request, of any case.
 *
 * <pre>./nearside bench micro --only CommandBenchmark</pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CommandBenchmark {
  @Param({"GET", "get", "ZRANGEBYSCORE", "NOSUCHCOMMAND"})
  public String name = "GET";

  private final CommandTable table = CommandTable.builtIn();
  private final RequestParser parser = new RequestParser(1 << 20, 1 << 20);
  private final ByteBuf in = Unpooled.directBuffer();

  /** Parses a request of this name. */
  @Setup
  public void parse() {
    in.writeBytes(Requests.encode(name, "key:1"));
    if (parser.parse(in) != RequestParser.Progress.REQUEST) {
      throw new IllegalStateException(name + " is no request");
    }
  }

  /** Frees the buffer. */
  @TearDown
  public void free() {
    in.release();
  }

  /** Looks it up. */
  @Benchmark
  public Command find() {
    return table.find(parser.request());
  }
}
