"""How well the static table agrees with real models of other libraries: names, shapes, means, standard deviations and bounds of every parameter.

    python benchmarks/libraries.py [LIBRARY …] [--details]

Builds the models below, measures what they start from, and compares that with what ``initlint.show`` says of the same expression in the
library's own source. What agrees, contradicts and is unknown is defined in ``declared_vs_live.py``; missing is a parameter that the table
does not have, invented one that the model does not have. What is not installed is left out; the libraries' own dependencies are
needed to import them, which only the live half does. Prints one line per library and the totals; exit status 1 where something contradicts
or was invented.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import importlib.util
import io
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

import torch
from torch.nn.parameter import is_lazy

sys.path.insert(0, str(Path(__file__).parent.parent))
import initlint
from benchmarks.transformers_agreement import declare_operators, tally
from initlint.errors import TargetError

GNN = "16, 32, num_layers=2, out_channels=7"
SERIES = "h=12, input_size=24"
MODELS: dict[str, tuple[str, ...]] = {
    "torch_geometric.nn.models.basic_gnn": (
        f"GCN({GNN})", f"GraphSAGE({GNN}, norm='batch_norm')", f"GIN({GNN})", f"GAT({GNN}, heads=4, jk='cat')", f"EdgeCNN({GNN})",
    ),
    "torch_geometric.nn.models.schnet": ("SchNet(hidden_channels=32, num_filters=32, num_interactions=2)",),
    "torch_geometric.nn.models.dimenet": ("DimeNetPlusPlus(32, 1, 2, 16, 8, 32, 7, 6)",),
    "torch_geometric.nn.models.attentive_fp": ("AttentiveFP(16, 32, 1, 8, num_layers=2, num_timesteps=2)",),
    "torch_geometric.nn.models.linkx": ("LINKX(100, 16, 32, 7, num_layers=2)",),
    "torch_geometric.nn.models.lightgcn": ("LightGCN(100, 16, 2)",),
    "torch_geometric.nn.models.graph_unet": ("GraphUNet(16, 32, 7, depth=2)",),
    "torch_geometric.nn.models.re_net": ("RENet(50, 10, 32, seq_len=5)",),
    "torch_geometric.nn.models.visnet": ("ViSNet(num_layers=2, hidden_channels=32)",),
    "torch_geometric.nn.conv.transformer_conv": ("TransformerConv(16, 32, heads=4, beta=True, edge_dim=8)",),
    "torch_geometric.nn.conv.rgcn_conv": ("RGCNConv(16, 32, 5, num_bases=3)",),
    "pytorchvideo.models.resnet": ("create_resnet(model_depth=50)",),
    "pytorchvideo.models.slowfast": ("create_slowfast(model_depth=50)",),
    "pytorchvideo.models.x3d": ("create_x3d(input_clip_length=4, input_crop_size=64)",),
    "pytorchvideo.models.r2plus1d": ("create_r2plus1d(model_num_class=10)",),
    "pytorchvideo.models.csn": ("create_csn(model_num_class=10)",),
    "pytorchvideo.models.vision_transformers": ("create_multiscale_vision_transformers(spatial_size=64, temporal_size=4, depth=2)",),
    "diffusers.models.unets.unet_2d": (
        "UNet2DModel(sample_size=32, block_out_channels=(32, 64), down_block_types=('DownBlock2D', 'AttnDownBlock2D'),"
        " up_block_types=('AttnUpBlock2D', 'UpBlock2D'))",
    ),
    "diffusers.models.unets.unet_2d_condition": (
        "UNet2DConditionModel(block_out_channels=(32, 64), down_block_types=('CrossAttnDownBlock2D', 'DownBlock2D'),"
        " up_block_types=('UpBlock2D', 'CrossAttnUpBlock2D'), cross_attention_dim=32)",
    ),
    "diffusers.models.unets.unet_1d": ("UNet1DModel(block_out_channels=(32, 32, 64), extra_in_channels=16)",),
    "diffusers.models.autoencoders.autoencoder_kl": (
        "AutoencoderKL(block_out_channels=(32, 64), down_block_types=('DownEncoderBlock2D',) * 2, up_block_types=('UpDecoderBlock2D',) * 2)",
    ),
    "diffusers.models.autoencoders.autoencoder_tiny": ("AutoencoderTiny()",),
    "diffusers.models.autoencoders.vq_model": ("VQModel(block_out_channels=(32,), num_vq_embeddings=64)",),
    "diffusers.models.transformers.dit_transformer_2d": (
        "DiTTransformer2DModel(num_attention_heads=2, attention_head_dim=16, num_layers=2, norm_num_groups=8)",
    ),
    "diffusers.models.transformers.prior_transformer": ("PriorTransformer(num_attention_heads=2, attention_head_dim=16, num_layers=2, embedding_dim=32)",),
    "diffusers.models.transformers.transformer_flux": (
        "FluxTransformer2DModel(num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2)",
    ),
    "open_clip.model": (
        "CLIP(64, CLIPVisionCfg(layers=2, width=64, image_size=64), CLIPTextCfg(layers=2, width=64, vocab_size=200))",
        "CLIP(64, CLIPVisionCfg(layers=(1, 1, 1, 1), width=32, image_size=64), CLIPTextCfg(layers=2, width=64, vocab_size=200))",
        "CustomTextCLIP(64, CLIPVisionCfg(layers=2, width=64, image_size=64, attentional_pool=True), CLIPTextCfg(layers=2, width=64, vocab_size=200))",
    ),
    "open_clip.coca_model": (
        "CoCa(64, MultimodalCfg(width=64, layers=2), CLIPTextCfg(layers=2, width=64, vocab_size=200, embed_cls=True, output_tokens=True),"
        " CLIPVisionCfg(layers=2, width=64, image_size=64, attentional_pool=True, output_tokens=True))",
    ),
    "speechbrain.lobes.models.ECAPA_TDNN": ("ECAPA_TDNN(80, channels=[64] * 4 + [96])", "Classifier(192, lin_blocks=1, out_neurons=10)"),
    "speechbrain.lobes.models.Xvector": ("Xvector(in_channels=40, tdnn_channels=[64, 64, 64, 64, 128])",),
    "speechbrain.lobes.models.CRDNN": ("CRDNN(input_shape=[8, 100, 40], rnn_neurons=64, dnn_neurons=64)",),
    "speechbrain.lobes.models.transformer.TransformerASR": (
        "TransformerASR(tgt_vocab=50, input_size=80, d_model=64, nhead=4, num_encoder_layers=2, num_decoder_layers=2)",
    ),
    "speechbrain.lobes.models.dual_path": ("Encoder(kernel_size=16, out_channels=64)",),
    "speechbrain.lobes.models.HifiGAN": ("HifiganGenerator(80, 1, '1', [[1, 3, 5]] * 2, [3, 7], [16, 8], 64, [8, 8])",),
    "asteroid.models.conv_tasnet": ("ConvTasNet(2, n_blocks=2, n_repeats=2)",),
    "asteroid.models.dprnn_tasnet": ("DPRNNTasNet(2, n_repeats=2)",),
    "asteroid.models.dptnet": ("DPTNet(2, n_repeats=2)",),
    "asteroid.models.lstm_tasnet": ("LSTMTasNet(2, n_layers=2, hid_size=64)",),
    "asteroid.models.sudormrf": ("SuDORMRFNet(2, num_blocks=2)",),
    "asteroid.models.dcunet": ("DCUNet('mini')",),
    "asteroid.models.demask": ("DeMask()",),
    "torchaudio.models.conformer": ("Conformer(80, 4, 128, 2, 31)",),
    "torchaudio.models.conv_tasnet": ("ConvTasNet(msk_num_stacks=1)",),
    "torchaudio.models.emformer": ("Emformer(64, 4, 128, 2, segment_length=4)",),
    "torchaudio.models.tacotron2": ("Tacotron2()",),
    "torchaudio.models.wav2letter": ("Wav2Letter()",),
    "torchaudio.models.wavernn": ("WaveRNN([5, 5, 8], 64, 200)",),
    "torchaudio.models._hdemucs": ("HDemucs(['drums', 'vocals'], channels=16)",),
    "torchaudio.models.rnnt": ("emformer_rnnt_base(num_symbols=100)",),
    "torchaudio.models.wav2vec2.model": ("wav2vec2_base(aux_num_out=32)",),
    "neuralforecast.models.nhits": (f"NHITS({SERIES}, mlp_units=[[32, 32]] * 3)",),
    "neuralforecast.models.nbeats": (f"NBEATS({SERIES}, mlp_units=[[32, 32]] * 3)",),
    "neuralforecast.models.lstm": (f"LSTM({SERIES})",),
    "neuralforecast.models.tcn": (f"TCN({SERIES})",),
    "neuralforecast.models.tft": (f"TFT({SERIES}, hidden_size=32)",),
    "neuralforecast.models.patchtst": (f"PatchTST({SERIES}, encoder_layers=2)",),
    "neuralforecast.models.informer": (f"Informer({SERIES}, hidden_size=32)",),
    "neuralforecast.models.tide": (f"TiDE({SERIES}, hidden_size=32)",),
    "neuralforecast.models.timesnet": (f"TimesNet({SERIES}, hidden_size=16, conv_hidden_size=16)",),
    "neuralforecast.models.tsmixer": (f"TSMixer({SERIES}, n_series=3)",),
    "neuralforecast.models.kan": (f"KAN({SERIES}, hidden_size=32)",),
    "kornia.feature.hardnet": ("HardNet(pretrained=False)",),
    "kornia.feature.hynet": ("HyNet(pretrained=False)",),
    "kornia.feature.sosnet": ("SOSNet(pretrained=False)",),
    "kornia.feature.tfeat": ("TFeat(pretrained=False)",),
    "kornia.feature.disk.disk": ("DISK()",),
    "kornia.feature.loftr.loftr": ("LoFTR(pretrained=None)",),
    "kornia.feature.defmo": ("DeFMO(pretrained=False)",),
    "kornia.feature.xfeat": ("XFeatModel()",),
    "lightly.models.modules.heads": (
        "SimCLRProjectionHead(64, 32, 16)", "MoCoProjectionHead(64, 32, 16)", "DINOProjectionHead(64, 32, 16, 128)", "SwaVPrototypes(16, [30, 20])",
        "VICRegProjectionHead(64, 32, 16)", "DINOv2ProjectionHead(64, 32, 16, 128)", "CAPIProjectionHead(64, 128)", "MSNProjectionHead(64, 32, 16)",
    ),
    "ultralytics.nn.modules.block": (
        "C2f(32, 64, n=2)", "C3k2(32, 64, n=2, c3k=True)", "C2PSA(64, 64)", "SPPELAN(32, 64, 32)", "A2C2f(64, 64, n=2)", "RepC3(32, 64)",
    ),
    "ultralytics.nn.modules.head": (
        "Detect(nc=10, ch=(32, 64, 128))", "Segment(nc=10, ch=(32, 64, 128))", "Pose(nc=2, ch=(32, 64, 128))", "Classify(32, 10)",
        "v10Detect(nc=10, ch=(32, 64, 128))",
        "RTDETRDecoder(nc=10, ch=(32, 64, 128), hd=64, ndl=2)",
    ),
    "compressai.models.google": (
        "FactorizedPrior(16, 24)", "ScaleHyperprior(16, 24)", "MeanScaleHyperprior(16, 24)", "JointAutoregressiveHierarchicalPriors(16, 24)",
    ),
    "compressai.models.waseda": ("Cheng2020Attention(16)",),
    "compressai.models.vbr": ("ScaleHyperpriorVbr(16, 24)",),
    "denoising_diffusion_pytorch.denoising_diffusion_pytorch": ("Unet(16, dim_mults=(1, 2))",),
    "denoising_diffusion_pytorch.denoising_diffusion_pytorch_1d": ("Unet1D(16, dim_mults=(1, 2))",),
    "denoising_diffusion_pytorch.karras_unet": ("KarrasUnet(image_size=32, dim=32, dim_max=64, num_downsamples=1)",),
    "denoising_diffusion_pytorch.simple_diffusion": ("UViT(16, dim_mults=(1, 2), vit_depth=2)",),
    "pytorch_tabnet.tab_network": ("TabNet(10, 2, group_attention_matrix=torch.eye(10))", "TabNetPretraining(10, group_attention_matrix=torch.eye(10))"),
    "tab_transformer_pytorch.tab_transformer_pytorch": ("TabTransformer(categories=(10, 5, 6), num_continuous=4, dim=32, depth=2, heads=4)",),
    "tab_transformer_pytorch.ft_transformer": ("FTTransformer(categories=(10, 5, 6), num_continuous=4, dim=32, depth=2, heads=4)",),
    "rtdl.modules": (
        "MLP.make_baseline(d_in=8, d_layers=[32, 32], dropout=0.1, d_out=2)",
        "ResNet.make_baseline(d_in=8, n_blocks=2, d_main=32, d_hidden=64, dropout_first=0.2, dropout_second=0.0, d_out=2)",
        "FTTransformer.make_default(n_num_features=3, cat_cardinalities=[2, 3], last_layer_query_idx=[-1], d_out=2)",
    ),
    "gluonts.torch.model.deepar.module": ("DeepARModel(freq='D', context_length=24, prediction_length=12)",),
    "gluonts.torch.model.tft.module": ("TemporalFusionTransformerModel(context_length=24, prediction_length=12, d_feat_static_real=[2])",),
    "gluonts.torch.model.patch_tst.module": (
        "PatchTSTModel(12, 24, 8, 4, 'end', d_model=32, nhead=4, dim_feedforward=64, num_feat_dynamic_real=0, dropout=0.1, activation='relu', norm_first=True,"
        " num_encoder_layers=2, scaling='std')",
    ),
    "gluonts.torch.model.d_linear.module": ("DLinearModel(prediction_length=12, context_length=24, hidden_dimension=20)",),
    "gluonts.torch.model.simple_feedforward.module": ("SimpleFeedForwardModel(prediction_length=12, context_length=24)",),
    "neuralop.models.fno": ("FNO((8, 8), 3, 1, 16)", "TFNO((8, 8), 3, 1, 16)"),
    "neuralop.models.uno": (
        "UNO(3, 1, 16, uno_out_channels=[16, 32, 16], uno_n_modes=[[8, 8], [4, 4], [8, 8]], uno_scalings=[[1.0, 1.0], [0.5, 0.5], [2, 2]],"
        " n_layers=3, channel_mlp_skip='linear')",
    ),
    "perceiver_pytorch.perceiver_pytorch": ("Perceiver(num_freq_bands=6, depth=2, max_freq=10.0, num_latents=32, latent_dim=64)",),
    "performer_pytorch.performer_pytorch": ("PerformerLM(num_tokens=100, max_seq_len=64, dim=64, depth=2, heads=4)",),
    "reformer_pytorch.reformer_pytorch": ("ReformerLM(100, 64, 2, 64, heads=4)",),
    "linformer.linformer": ("LinformerLM(100, 64, 32, 2, k=16)",),
    "g_mlp_pytorch.g_mlp_pytorch": (
        "gMLP(num_tokens=100, dim=64, depth=2, seq_len=32)", "gMLPVision(image_size=64, patch_size=16, num_classes=10, dim=64, depth=2)",
    ),
    "egnn_pytorch.egnn_pytorch": ("EGNN_Network(num_tokens=21, dim=32, depth=2)",),
    "nystrom_attention.nystrom_attention": ("Nystromformer(dim=64, depth=2, heads=4)",),
    "conformer.conformer": ("Conformer(64, depth=2, heads=4)",),
    "encodec.model": ("EncodecModel._get_model([6.0], 24000, 1)",),
    "vocos.models": ("VocosBackbone(80, 64, 128, 2)", "VocosResNetBackbone(80, 64, 2, layer_scale_init_value=0.1)"),
    "demucs.demucs": ("Demucs(['drums', 'vocals'], channels=16, depth=4)",),
    "demucs.hdemucs": ("HDemucs(['drums', 'vocals'], channels=16)",),
    "demucs.htdemucs": ("HTDemucs(['drums', 'vocals'], channels=16, t_layers=2)",),
    "openunmix.model": ("OpenUnmix(nb_bins=257, hidden_size=64)",),
    "geffnet.gen_efficientnet": ("efficientnet_b0()", "mixnet_s()", "fbnetc_100()"),
    "geffnet.mobilenetv3": ("mobilenetv3_large_100()",),
    "resnest.torch.resnest": ("resnest50()",),
    "facenet_pytorch.models.inception_resnet_v1": ("InceptionResnetV1(classify=True, num_classes=10)",),
    "facenet_pytorch.models.mtcnn": ("ONet(pretrained=False)",),
    "lpips.lpips": ("LPIPS(pretrained=False, net='alex', pnet_rand=True)",),
    "kan.MultKAN": ("MultKAN(width=[2, 5, 1], grid=3, k=3, auto_save=False)",),
    "ncps.torch.cfc": ("CfC(8, 32)", "CfC(8, 32, mixed_memory=True, mode='pure')"),
    "pytorch_tcn.tcn": ("TCN(8, [16, 16, 32])",),
    "braindecode.models": (
        "EEGNet(n_chans=22, n_outputs=4, n_times=500)", "ShallowFBCSPNet(n_chans=22, n_outputs=4, n_times=500)",
        "Deep4Net(n_chans=22, n_outputs=4, n_times=500)",
        "EEGConformer(n_chans=22, n_outputs=4, n_times=500)", "ATCNet(n_chans=22, n_outputs=4, n_times=1000, sfreq=250)",
    ),
    "pytorch_forecasting.models.xlstm": ("xLSTMTime(8, 16, 1)",),
    "normflows.nets": ("MADE(4, 16)", "MLP([4, 16, 4], init_zeros=True)", "ResidualNet(4, 8, 16)", "LipschitzMLP([4, 16, 4])"),
    "nflows.flows": ("MaskedAutoregressiveFlow(4, 16, 2, 2)", "SimpleRealNVP(4, 16, 2, 2)"),
    "vector_quantize_pytorch": (
        "VectorQuantize(dim=32, codebook_size=64, codebook_dim=16, learnable_codebook=True, ema_update=False)",
        "ResidualVQ(dim=32, codebook_size=64, num_quantizers=2)",
        "SimVQ(dim=32, codebook_size=64)", "LFQ(dim=16, codebook_size=64)",
    ),
    "soft_moe_pytorch": ("SoftMoE(dim=32, seq_len=16, num_experts=4)",),
    "se3_transformer_pytorch": ("SE3Transformer(dim=16, heads=2, depth=1, num_degrees=2, dim_head=8)",),
    "iTransformer": ("iTransformer(num_variates=7, lookback_len=24, dim=32, depth=2, heads=4, dim_head=8, pred_length=12)",),
    "kornia.contrib": ("TinyViT(img_size=64, num_classes=10)",),
    "kornia.models.efficient_vit.backbone": ("efficientvit_backbone_b0()",),
    "stable_baselines3.common.torch_layers": ("MlpExtractor(8, {'pi': [32, 16], 'vf': [32]}, nn.Tanh)",),
    "torchrl.modules": ("MLP(in_features=8, out_features=4, num_cells=[32, 16])",),
    "gpytorch.kernels": ("RBFKernel(ard_num_dims=3)", "ScaleKernel(MaternKernel())"),
    "deepctr_torch.layers": ("DNN(16, [32, 16])", "CrossNet(16, layer_num=2)", "CIN(4, (16, 8))"),
    "torch_rechub.basic.layers": ("MLP(16, dims=[32, 16])", "CrossNetwork(16, 2)", "CIN(4, [16, 8])"),
    "enformer_pytorch.modeling_enformer": ("AttentionPool(32)",),
}  # fmt: skip
"""Expressions that build a model, by the module whose names they use."""


def built(module: str, expression: str) -> dict[str, torch.Tensor]:
    """The parameters of the real model; lazy ones have no values yet and are left out."""
    torch.manual_seed(0)
    model = eval(expression, vars(importlib.import_module(module)))
    return {name: tensor.detach() for name, tensor in model.named_parameters() if not is_lazy(tensor)}


def compare(module: str, expression: str, details: bool) -> Counter[str]:
    """Parameters of one model by outcome."""
    with contextlib.redirect_stdout(io.StringIO()):
        tensors = built(module, expression)
    try:
        claims = {parameter.name: parameter for parameter in initlint.show(f"{module}:{expression}").parameters}
    except TargetError as error:
        claims = {}
        print(f"    {module}:{expression}: {error}")
    return tally(tensors, claims, details, f"{expression} ")


def main() -> int:
    """Compare every model and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    libraries = list(dict.fromkeys(module.partition(".")[0] for module in MODELS))
    parser.add_argument("libraries", nargs="*", metavar="LIBRARY", help=f"which libraries (default: all of {', '.join(libraries)})")
    parser.add_argument("--details", action="store_true", help="list every parameter that does not agree")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    declare_operators()
    totals: Counter[str] = Counter()
    models = 0
    for library in options.libraries or libraries:
        if importlib.util.find_spec(library) is None:
            continue
        counts: Counter[str] = Counter()
        start = time.monotonic()
        for module, expression in [
            (module, expression) for module, all_of_it in MODELS.items() for expression in all_of_it if module.partition(".")[0] == library
        ]:
            counts += compare(module, expression, options.details)
            models += 1
            gc.collect()
        totals += counts
        print(f"{library}: {line(counts)}, {time.monotonic() - start:.0f} s", flush=True)
    print(f"{models} models: {line(totals)}")
    return int(totals["contradicts"] + totals["invented"] > 0)


def line(counts: Counter[str]) -> str:
    """What came out, in words."""
    there = counts.total() - counts["invented"]
    return f"{there} parameters, {100 * counts['agrees'] / max(there, 1):.2f} % agree, " + ", ".join(
        f"{counts[kind]} {kind}" for kind in ("contradicts", "invented", "missing", "unknown")
    )


if __name__ == "__main__":
    sys.exit(main())
