//! How many conforming documents a second one thread makes, as JSON bytes and
//! as values, and whether all of a sample are valid.

#![expect(clippy::print_stdout, reason = "a benchmark says what it measured")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use seamstress::contract::openapi::{OpenApi, SchemaRef};
use seamstress::generate::schema::SchemaGenerator;

/// Documents that are looked at.
const SAMPLE: u64 = 100_000;

fn main() {
    let openapi = OpenApi::parse("payload.yaml", include_str!("payload.yaml")).expect("it loads");
    let order = SchemaRef { pointer: "/components/schemas/Order".into() };
    let generator = SchemaGenerator::compile(&openapi, &order).expect("it compiles");
    assert!(generator.is_plain(), "the short way is what is measured");

    let (mut bytes, mut out) = (0, Vec::new());
    let validator = openapi.validator(&order).expect("it is a schema");
    for seed in 0..SAMPLE {
        out.clear();
        generator.write_conforming(seed, &mut out).expect("a document");
        bytes += out.len();
        let value = serde_json::from_slice(&out).expect("JSON");
        assert!(validator.is_valid(&value), "{value}");
    }
    println!("{SAMPLE} documents are valid, all of them; {} bytes each", bytes as u64 / SAMPLE);

    let mut criterion = Criterion::default().measurement_time(Duration::from_secs(4)).configure_from_args();
    let mut group = criterion.benchmark_group("conforming documents");
    group.throughput(Throughput::Elements(1));
    let mut seed = 0;
    group.bench_function("as bytes", |bencher| {
        bencher.iter(|| {
            seed += 1;
            out.clear();
            generator.write_conforming(black_box(seed), &mut out).expect("a document");
            out.len()
        });
    });
    group.bench_function("as values, proven", |bencher| {
        bencher.iter(|| {
            seed += 1;
            generator.conforming(black_box(seed)).expect("a document")
        });
    });
    group.finish();
    criterion.final_summary();
}
