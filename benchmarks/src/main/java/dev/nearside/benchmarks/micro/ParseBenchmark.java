package dev.nearside.benchmarks.micro;

import dev.nearside.proxy.resp.RequestParser;
import dev.nearside.proxy.resp.Requests;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Requests out of one read of a connection: 32 GETs in a pipeline.
 *
 * <pre>./nearside bench micro --only ParseBenchmark</pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ParseBenchmark {
  static final int PIPELINE = 32;
  private static final int MAX_BULK_BYTES = 512 << 20;
  private static final int STREAM_ABOVE_BYTES = 64 << 10;

  private final RequestParser parser = new RequestParser(MAX_BULK_BYTES, STREAM_ABOVE_BYTES);
  private final ByteBuf in = Unpooled.directBuffer();

  /** Writes what a client sends. */
  @Setup
  public void write() {
    for (int i = 0; i < PIPELINE; i++) {
      in.writeBytes(Requests.encode("GET", "key:" + i * 311));
    }
  }

  /** Frees the buffer. */
  @TearDown
  public void free() {
    in.release();
  }

  /** Parses them all; returns the bytes of all keys. */
  @Benchmark
  @OperationsPerInvocation(PIPELINE)
  public int parse() {
    in.readerIndex(0);
    int keyBytes = 0;
    while (parser.parse(in) == RequestParser.Progress.REQUEST) {
      keyBytes += parser.request().argLength(1);
      parser.consume(in);
    }
    return keyBytes;
  }
}
